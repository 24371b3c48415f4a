"""Remittances as we write them, against the rules of CBPR+ in the package pacs008.

Reads the files that are named, and ends with 1 where a rule is broken or a message says less than it should. A message
of which its town is taken away, or its UETR, must be refused, or nothing was compared.
"""

import importlib.util
import sys
import types
import xml.etree.ElementTree as ElementTree

# the packages themselves import a command line and forty others; their rules need none of them
folder = importlib.util.find_spec("pacs008").submodule_search_locations[0]
for name in ("pacs008", "pacs008.validation"):
    package = types.ModuleType(name)
    package.__path__ = [folder + name.removeprefix("pacs008").replace(".", "/")]
    sys.modules[name] = package

from pacs008.compliance.swift_charset import SWIFT_X_CHARSET  # noqa: E402
from pacs008.profiles import get_profile  # noqa: E402
from pacs008.standards.address import PostalAddress  # noqa: E402
from pacs008.validation.bic_validator import validate_bic_safe  # noqa: E402
from pacs008.validation.iban_validator import validate_iban_safe  # noqa: E402

PROFILE = get_profile("cbpr_plus")
SPACE = "{urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08}"
FIELDS = {
    "StrtNm": "strt_nm",
    "BldgNb": "bldg_nb",
    "PstCd": "pst_cd",
    "TwnNm": "twn_nm",
    "CtrySubDvsn": "ctry_sub_dvsn",
    "Ctry": "ctry",
}


def text(element, path):
    return element.findtext("/".join(SPACE + name for name in path.split("/")), "")


def address_of(element):
    fields = {ours: text(element, name) or None for name, ours in FIELDS.items()}
    return PostalAddress(**fields, adr_line=tuple(line.text for line in element.findall(SPACE + "AdrLine")))


def broken(document):
    """Every rule that a message breaks."""
    one = document.find(f".//{SPACE}CdtTrfTxInf")
    row = {
        "charge_bearer": text(one, "ChrgBr"),
        "uetr": text(one, "PmtId/UETR"),
        "remittance_information": text(one, "RmtInf/Ustrd"),
    }
    told = [violation.message for violation in PROFILE.validate_business_rules([row])]
    addresses = one.findall(f".//{SPACE}PstlAdr")
    if len(addresses) < 2:
        told.append("payer and payee have no addresses")
    for address in addresses:
        reason = address_of(address).validate(PROFILE.address_policy())
        told.extend([reason] if reason else [])
    told.extend(bic.text for bic in one.iter(SPACE + "BICFI") if not validate_bic_safe(bic.text))
    told.extend(iban.text for iban in one.iter(SPACE + "IBAN") if not validate_iban_safe(iban.text))
    for name in ("InstrId", "EndToEndId"):
        wrong = set(text(one, "PmtId/" + name)) - set(SWIFT_X_CHARSET)
        told.extend([f"{name} has {wrong}"] if wrong else [])
    return told


def without(document, name):
    """The same without every element of a name."""
    copy = ElementTree.fromstring(ElementTree.tostring(document))
    for parent in copy.iter():
        for child in parent.findall(SPACE + name):
            parent.remove(child)
    return copy


version = PROFILE.pinned_versions()["pacs.008"]
failed = version != "001.08"
for path in sys.argv[1:]:
    document = ElementTree.parse(path).getroot()
    told = broken(document)
    for name in ("TwnNm", "UETR", "Ctry"):
        if not broken(without(document, name)):
            told.append(f"the message is let pass without {name}")
    print(path, "keeps the rules" if not told else told)
    failed = failed or bool(told)
sys.exit(1 if failed or len(sys.argv) < 2 else 0)
