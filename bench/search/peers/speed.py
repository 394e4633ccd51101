"""CPU seconds of a suggestion: trials 91 to 110 of one search on the space of ackley_mixed_10, by 20. Usage: speed.py SAMPLER SEED"""
import sys
import time
import warnings

import optuna

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
SAMPLERS = {
    "optuna_tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "optuna_tpe_multivariate_group": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True),
}


def objective(trial):
    a = {f"x{k}": trial.suggest_float(f"x{k}", -5, 5) for k in range(5)}
    a.update({f"i{k}": trial.suggest_int(f"i{k}", -5, 5) for k in range(3)})
    a.update({f"c{k}": trial.suggest_categorical(f"c{k}", list("abcde")) for k in range(2)})
    return sum(v * v for v in a.values() if not isinstance(v, str)) + sum("abcde".index(a[c]) for c in ("c0", "c1"))


study = optuna.create_study(sampler=SAMPLERS[sys.argv[1]](int(sys.argv[2])))
study.optimize(objective, n_trials=90)
before = time.process_time()
study.optimize(objective, n_trials=20)
print((time.process_time() - before) / 20)
