"""The flow of `ce score`: bind, reduce, figures, warnings."""
