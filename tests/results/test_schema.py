import pyarrow as pa
import pytest

from distgroup.results.schema import TABLES


@pytest.mark.parametrize("table", TABLES)
def test_a_row_says_its_task_set_seed_and_spec(table):
    schema = TABLES[table]
    assert schema.names[:3] == ["taskset", "seed", "spec_hash"]
    assert len(set(schema.names)) == len(schema.names)
    assert schema.metadata[b"description"]


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_described_and_costs_have_units(table):
    for field in TABLES[table]:
        assert field.metadata[b"description"], field.name
        assert field.type in (pa.string(), pa.int64(), pa.float64(), pa.list_(pa.field("element", pa.float64())))
        if "seconds" in field.name:
            assert field.metadata[b"unit"] == b"s"
        if "steps" in field.name:
            assert field.metadata[b"unit"].endswith(b"steps")
