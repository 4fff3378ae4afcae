"""Names of tables and images that scripts written for wandb use, and that say or do little here."""

import pytest

from stepwell import Image, Table
from stepwell.errors import UnsupportedError


def test_keys_of_a_table_are_checked_and_change_nothing():
    labels, table = Table(columns=["id", "name"], data=[[1, "cat"]]), Table(columns=["label"], data=[[1]])
    labels.set_pk("id")
    table.set_fk("label", labels, "id")
    assert (table.index_ref(0), table.data) == (0, [[1]])
    with pytest.raises(ValueError, match="'no'"):
        table.set_pk("no")
    with pytest.raises(UnsupportedError, match="join the rows"):
        table.join(labels)


def test_captions_of_several_images():
    images = [Image([[0, 1]], caption="a"), Image([[0, 1]])]
    assert Image.all_captions(images) == Image.captions(images) == ["a", None]
    assert Image.all_captions(images[1:]) is False
