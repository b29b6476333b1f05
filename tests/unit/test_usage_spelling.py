"""Tests the spelling of models and versions: text that may name a person is refused."""

import pytest

from chalicelib.usage.model import is_model, is_version

MODELS = [
    "iPhone17,1", "iPhone 17 Pro Max", "iPhone SE", "iPhone XR", "iPad13,4", "iPad mini", "MacBookPro18,3",
    "Macintosh", "Pixel", "Pixel XL", "Pixel 9 Pro Fold", "SM-G991B", "SM-S928B/DS", "Galaxy S24 Ultra",
    "Samsung Galaxy Z Flip5", "moto g(30)", "moto e", "Moto G Power (2022)", "motorola edge 30 ultra",
    "Redmi Note 13 Pro+ 5G", "Redmi 8A Dual", "M2101K6G", "2201117TG", "22101316UG", "24069PC21G", "Mi MIX",
    "CPH2449", "OnePlus Nord CE 3 Lite 5G", "ONEPLUS A6003", "LE2115", "vivo 1904", "V2027", "RMX3085",
    "ASUS_I006D", "HUAWEI P30", "ELE-L29", "DUB-LX1", "XQ-BC52", "Nokia 3.4", "TECNO KI5k", "Infinix X6816C",
    "Lenovo TB-X606F", "Lenovo YOGA Tablet Pro-1050F", "Fairphone FP4", "A063", "KFONWI",
    "sdk_gphone64_arm64", "Android SDK built for x86_64",
]  # fmt: skip
VERSIONS = [
    "15", "18.1.1", "26.0", "8.1.0", "12L", "4.4W.2", "10.15.7", "10_15_7", "10.0.22631", "4.2.0.168",
    "2.4.0", "v2.4", "2.4.0-beta+117", "2.4.0 (117)", "1.0.0-rc.1", "18.0 beta 3", "2024.11.24",
    "2.4.0-SNAPSHOT",
]  # fmt: skip
OF_PERSONS = [
    "+381601234567", "381601234567", "060 123 4567", "060-123-4567", "0601234567", "60.123.4567",
    "(060)1234567", "490154203237518", "192.168.100.200", "Milica Petrovic", "Milica Petrovic Jovanovic",
    "milica.petrovic", "milica@example.com", "milica.petrovic.example.com", "example.com/milica",
    "5bd33f0a-6a86-4f0a-9d43-1f0c6b8f2c11", "Milica's iPhone", "Tosin bunar 272B, 11070 Belgrade",
]  # fmt: skip


@pytest.mark.parametrize("text", MODELS)
def test_real_device_names_are_models(text: str) -> None:
    assert is_model(text)


@pytest.mark.parametrize("text", VERSIONS)
def test_real_version_numbers_are_versions(text: str) -> None:
    assert is_version(text)


@pytest.mark.promise("USE-1")
@pytest.mark.parametrize("text", OF_PERSONS)
def test_number_address_id_or_full_name_is_neither_model_nor_version(text: str) -> None:
    assert not is_model(text)
    assert not is_version(text)


@pytest.mark.promise("USE-1")
@pytest.mark.parametrize("text", ["Milica", "2.4.0-milica", "2.4.0 Milica", "1.0+123456789", "15\n", "", "v"])
def test_version_may_contain_only_words_for_a_stage_of_release(text: str) -> None:
    assert not is_version(text)
