"""Fit calibrations and apply them from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from ce_cli.api.data import data_set, given
from ce_cli.api.python_terms import in_python_terms
from ce_cli.api.settings import checked, run_of, settings
from ce_cli.options.commands import ApplyOptions, CalibrateOptions
from ce_cli.options.values import names
from ce_cli.results.calibrate import Calibrated

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from ce_cli.api.data import Array, Data


class Calibration(Calibrated):
    """A fitted calibration: what `calibrate` gives, and `from_dict` of its document."""

    def apply(self, data: Data, **options: Any) -> pd.DataFrame:
        """The rows of files or of a table with recalibrated predictions; all else is kept.

        Parameters
        ----------
        data : path, sequence of paths, table or mapping of columns
            As for `score`; for arrays there is `predict_proba`.
        **options
            Those of ``ce calibrate apply``: ``pred`` names the predictions, if they have other
            names than those that the calibration was fitted to, and ``classes`` their classes.

        Returns
        -------
        pandas.DataFrame
            The same columns.

        Raises
        ------
        ce_cli.errors.CeError
            The columns are not there, or are of other classes or of another kind.
        """
        with in_python_terms(options):
            import pyarrow as pa

            from ce_cli.calibrating.apply import apply

            chosen = checked(options, ApplyOptions)
            spec, reading = settings(chosen)
            found = given(data)
            tables: list[pa.Table] = []
            rows = data_set(found, chosen, spec, reading)
            with run_of(chosen, reading) as run:
                apply(rows, spec, self, run, tables.append)
            frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
            return frame


def calibrate(
    data: Data, predictions: Array | None = None, **options: Unpack[CalibrateOptions]
) -> Calibration:
    """Fit a calibration: what ``ce calibrate fit`` does, to the same bits.

    Parameters
    ----------
    data : path, sequence of paths, table, mapping of columns, or array of labels
        As for `score`.
    predictions : array or table, optional
        For labels in an array.
    **options
        The options of ``ce calibrate fit``, with the same names and ``_`` for ``-``.

    Returns
    -------
    Calibration
        `Calibration.predict_proba` recalibrates arrays, and `Calibration.apply` tables and files;
        ``score(..., calibrate=calibration)`` scores by it; ``str(calibration)`` is the page.

    Raises
    ------
    ce_cli.errors.CeError
        `UsageError`, `DataError` or `StorageError`, each with sentences that name the fix.
    TypeError
        There is no such option.

    Examples
    --------
    >>> from ce_cli import calibrate
    >>> labels = [1, 1, 1, 0] * 25 + [0, 0, 0, 1] * 25
    >>> probabilities = [0.9] * 100 + [0.1] * 100
    >>> fitted = calibrate(labels, probabilities, method="temperature")
    >>> fitted.predict_proba([0.9]).round(6).tolist()
    [[0.25, 0.75]]
    """
    with in_python_terms(options):
        from ce_cli.calibrating.fit import Plan, fit

        chosen = checked(options, CalibrateOptions)
        plan = Plan(chosen["method"], names(chosen["prior"] or ()))
        spec, reading = settings(chosen)
        found = given(data, predictions)
        spec = found.bound(spec)
        rows = data_set(found, chosen, spec, reading)
        with run_of(chosen, reading) as run:
            result = fit(rows, spec, plan, run)
        return Calibration(*(getattr(result, name) for name in result._fields))
