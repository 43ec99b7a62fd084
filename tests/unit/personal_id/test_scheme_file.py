"""The scheme is a file: complete, cited, replaceable without a release, and refused with the name of what is wrong."""

from datetime import date
from pathlib import Path

import pytest

import xacthuc.personal_id
from xacthuc.datafile import DataFileError
from xacthuc.personal_id import PersonalId, PersonalIdScheme

BUNDLED = Path(xacthuc.personal_id.__file__).with_name("scheme.toml").read_text("utf-8")

# Resolution 202/2025/QH15 from its own side: each unit made by a merger, and all that went into it.
MERGED = {
    "An Giang": {"An Giang", "Kiên Giang"},
    "Bắc Ninh": {"Bắc Ninh", "Bắc Giang"},
    "Cà Mau": {"Cà Mau", "Bạc Liêu"},
    "Cần Thơ": {"Cần Thơ", "Sóc Trăng", "Hậu Giang"},
    "Gia Lai": {"Gia Lai", "Bình Định"},
    "Hưng Yên": {"Hưng Yên", "Thái Bình"},
    "Hải Phòng": {"Hải Phòng", "Hải Dương"},
    "Hồ Chí Minh": {"Hồ Chí Minh", "Bình Dương", "Bà Rịa - Vũng Tàu"},
    "Khánh Hòa": {"Khánh Hòa", "Ninh Thuận"},
    "Lào Cai": {"Lào Cai", "Yên Bái"},
    "Lâm Đồng": {"Lâm Đồng", "Đắk Nông", "Bình Thuận"},
    "Ninh Bình": {"Ninh Bình", "Hà Nam", "Nam Định"},
    "Phú Thọ": {"Phú Thọ", "Vĩnh Phúc", "Hòa Bình"},
    "Quảng Ngãi": {"Quảng Ngãi", "Kon Tum"},
    "Quảng Trị": {"Quảng Trị", "Quảng Bình"},
    "Thái Nguyên": {"Thái Nguyên", "Bắc Kạn"},
    "Tuyên Quang": {"Tuyên Quang", "Hà Giang"},
    "Tây Ninh": {"Tây Ninh", "Long An"},
    "Vĩnh Long": {"Vĩnh Long", "Bến Tre", "Trà Vinh"},
    "Đà Nẵng": {"Đà Nẵng", "Quảng Nam"},
    "Đắk Lắk": {"Đắk Lắk", "Phú Yên"},
    "Đồng Nai": {"Đồng Nai", "Bình Phước"},
    "Đồng Tháp": {"Đồng Tháp", "Tiền Giang"},
}
RENAMED = {"Huế": {"Thừa Thiên Huế"}}
UNCHANGED = {
    "Hà Nội", "Cao Bằng", "Điện Biên", "Hà Tĩnh", "Lai Châu", "Lạng Sơn", "Nghệ An", "Quảng Ninh", "Thanh Hóa", "Sơn La",
}  # fmt: skip


def scheme_from(directory: Path, text: str) -> PersonalIdScheme:
    path = directory / "scheme.toml"
    path.write_text(text, "utf-8")
    return PersonalIdScheme.load(path)


def test_all_63_codes_lead_to_the_34_units_of_today() -> None:
    places = PersonalIdScheme.load().places
    today: dict[str, set[str]] = {}
    for place in places.values():
        today.setdefault(place.today, set()).add(place.name)
    assert len(places) == 63
    assert len(today) == 34
    assert today == MERGED | RENAMED | {name: {name} for name in UNCHANGED}


@pytest.mark.parametrize(
    ("code", "name"),
    [("001", "Hà Nội"), ("046", "Thừa Thiên Huế"), ("079", "Hồ Chí Minh"), ("087", "Đồng Tháp"), ("096", "Cà Mau")],
)
def test_a_code_names_the_place_it_was_made_for(code: str, name: str) -> None:
    assert PersonalIdScheme.load().places[code].name == name


def test_every_table_of_the_scheme_names_its_source() -> None:
    sources = PersonalIdScheme.load().sources
    assert set(sources) == {"centuries", "places", "now", "cmnd"}
    assert all(source.citation for source in sources.values())


@pytest.mark.rule("R55")
def test_a_new_code_needs_a_file_and_no_release(tmp_path: Path) -> None:
    newer = scheme_from(tmp_path, BUNDLED.replace("[places]", '[places]\n840 = { name = "Lào" }'))
    answer = newer.parse("840084000999", date(1984, 1, 1), date(2026, 11, 22))
    assert isinstance(answer, PersonalId)
    assert answer.warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('version = "2026-11-22"', "", "version: is missing"),
        ('001 = { name = "Hà Nội" }', '01 = { name = "Hà Nội" }', "places.01: write a code of three digits"),
        ('001 = { name = "Hà Nội" }', 'HNI = { name = "Hà Nội" }', "places.HNI: write a code of three digits"),
        ('001 = { name = "Hà Nội" }', '001 = { nane = "Hà Nội" }', "places.001.nane: is not known"),
        ('001 = { name = "Hà Nội" }', '002 = { name = "Hà Nội" }', "is not TOML"),
        ('digits = "89"', 'digits = "8"', "centuries.digits: each of the digits"),
        ('digits = "89"', 'digits = "789"', "centuries.digits: each of the digits"),
        ("first_year = 1900", 'first_year = "1900"', "centuries[0].first_year: write a int"),
        ("[refusals.CMND]", "[refusals.CMDN]", "refusals.CMND: is missing"),
        ('citation = "Law 26/2023/QH15 Art. 46(2)"\n', "", "sources.cmnd.citation: is missing"),
    ],
)
def test_a_scheme_that_cannot_be_used_is_refused_by_name(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in BUNDLED
    with pytest.raises(DataFileError) as refusal:
        scheme_from(tmp_path, BUNDLED.replace(old, new, 1))
    assert complaint in str(refusal.value)
