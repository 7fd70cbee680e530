//! Scenarios and properties over the whole product: see `tests/scenarios` and `tests/tests`.
