"""What schemathesis cannot make up for the office's listener: files that are right. Half of the well-formed requests that
carry one get one. And it must not shut out the person it is.
"""

import random

import schemathesis
from schemathesis import GenerationMode

ACCOUNTS = "account,name,unit,status,subsidy,personal,cards\n{0},王小明,机关,{1},{2}.00,0.00,04A1B2{0:02X}\n"
ITEMS = "code,name,category,price,ceiling\n{0},米饭,1,{2}.00,\n"
FILES = {"/v1/accounts": ACCOUNTS, "/v1/items": ITEMS}


@schemathesis.hook
def before_call(context, case, kwargs):
    parameters = case.path_parameters or {}
    if parameters.get("login") == "tester":
        parameters["login"] = "li.wei"
    chance = random.Random(repr(case.body))
    if (case.path not in FILES or case.method != "PUT" or case.meta is None
            or case.meta.generation.mode != GenerationMode.POSITIVE or chance.random() < 0.5):
        return
    status = chance.choice(["active", "lost", "closed", "nonsense"])
    case.body = FILES[case.path].format(chance.randint(0, 40), status, chance.randint(0, 9))
