"""What schemathesis cannot make up for the office's listener: files that are right. Half of the well-formed requests that
carry one get one. And it must not shut out the person it is.
"""

import random

import schemathesis
from schemathesis import GenerationMode

ACCOUNTS = "account,name,unit,status,subsidy,personal,cards\n{0},王小明,机关,{1},{2}.00,0.00,04A1B2{0:02X}\n"
ITEMS = "code,name,category,price,ceiling\n{0},米饭,1,{2}.00,\n"
UNITS = "number,name,region\n{0},机关{0},1\n"
LINES = "reference,day,amount,counterparty,note\nA{0},2026-10-0{2},{2}.00,,\n"
ROSTER = "account,name,standard,amount\n{0},王小明,,{2}.00\n"
EVALUATION = "canteen,paid,day,reason,amount\n{0},9{2}.00,,,\n"
FILES = {
    "/v1/accounts": ACCOUNTS, "/v1/items": ITEMS, "/v1/registry/{list}": UNITS,
    "/v1/bank-lines/{account}": LINES, "/v1/units/{unit}/rosters/{quarter}": ROSTER,
    "/v1/units/{unit}/evaluations/{quarter}": EVALUATION,
}


@schemathesis.hook
def before_call(context, case, kwargs):
    parameters = case.path_parameters or {}
    if parameters.get("login") == "tester":
        parameters["login"] = "li.wei"
    chance = random.Random(repr(case.body))
    if (case.path not in FILES or case.method not in ("PUT", "POST") or case.meta is None
            or case.meta.generation.mode != GenerationMode.POSITIVE or chance.random() < 0.5):
        return
    status = chance.choice(["active", "lost", "closed", "nonsense"])
    case.body = FILES[case.path].format(chance.randint(0, 40), status, chance.randint(0, 9))
