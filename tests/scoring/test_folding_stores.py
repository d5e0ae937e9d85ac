"""Tasks that read parts of objects of a store give the document of threads."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq

from ce_cli.binding.data_set import data_set
from ce_cli.inputs.locate import located
from ce_cli.reading import Reading
from ce_cli.scoring.pipeline import score
from ce_cli.scoring.run import Run, run_on
from ce_cli.spec import Spec
from ce_cli.storage.options import using
from tests.scoring.serial import Serial, serial_run
from tests.scoring.test_folding import as_csv, rows_of
from tests.stores import S3Server


def test_parts_of_objects_are_read_with_the_options_of_the_call(s3_server: S3Server) -> None:
    rows = rows_of(600)
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink, row_group_size=100)
    text = as_csv(rows).replace(",u1,", ',"u\n""1""",')
    bucket = s3_server.bucket()
    s3_server.put(bucket, "run/a.csv", text.encode())
    s3_server.put(bucket, "run/b.csv", as_csv(rows_of(40, 1)).encode())
    s3_server.put(bucket, "c.parquet", sink.getvalue().to_pybytes())

    def document(uri: str, run: Run) -> str:
        with using(s3_server.options):
            files = data_set(located([uri]), Reading(), Spec())
            return json.dumps(score(files, Spec(), run).to_dict())

    for uri, size in ((f"s3://{bucket}/run/", 3000), (f"s3://{bucket}/c.parquet", 4000)):
        run = serial_run(size)
        assert document(uri, run) == document(uri, run_on("threads", 2))
        assert isinstance(run.elsewhere, Serial)
        assert len(run.elsewhere.task_sizes) > 3
