"""How wildboottest, moderndid and honestdid are called for the same bootstrap and interval; run by their Python."""

import json
import sys
import time

import numpy as np


def wild(held: dict[str, np.ndarray]) -> dict[str, object]:
    import pandas as pd
    from wildboottest.wildboottest import WildboottestCL

    x, y, cluster = held["x"], held["y"], pd.Series(held["cluster"])
    start = time.process_time()
    boot = WildboottestCL(X=x, Y=y, cluster=cluster, R=held["r"], B=int(held["draws"]), seed=1, parallel=False)
    boot.get_scores(bootstrap_type="11", impose_null=True, adj=True, cluster_adj=True)
    boot.get_weights(weights_type="rademacher")
    boot.get_numer()
    boot.get_denom()
    boot.get_tboot()
    boot.get_vcov()
    boot.get_tstat()
    boot.get_pvalue(pval_type="two-tailed")
    return {"p": float(boot.pvalue), "t": float(np.ravel(boot.t_stat)[0]), "cpu": time.process_time() - start}


def honest(held: dict[str, np.ndarray]) -> dict[str, object]:
    from moderndid.didhonest import create_sensitivity_results_rm

    start = time.process_time()
    found = create_sensitivity_results_rm(
        betahat=held["effects"],
        sigma=held["covariance"],
        num_pre_periods=int(held["n_pre"]),
        num_post_periods=held["effects"].size - int(held["n_pre"]),
        m_bar_vec=[1.0],
        l_vec=held["target"].reshape(-1, 1),
        grid_points=1000,
    )
    seconds = time.process_time() - start
    return {"low": float(found["lb"][0]), "high": float(found["ub"][0]), "cpu": seconds}


def honest_port(held: dict[str, np.ndarray]) -> dict[str, object]:
    import honestdid

    start = time.process_time()
    n_pre = int(held["n_pre"])
    found = honestdid.createSensitivityResults_relativeMagnitudes(
        held["effects"],
        held["covariance"],
        n_pre,
        held["effects"].size - n_pre,
        Mbarvec=[1.0],
        l_vec=held["target"].reshape(-1, 1),
        gridPoints=1000,
    )
    seconds = time.process_time() - start
    return {"low": float(np.ravel(found["lb"])[0]), "high": float(np.ravel(found["ub"])[0]), "cpu": seconds}


if __name__ == "__main__":
    asked, path = sys.argv[1:]
    called = {"wild": wild, "moderndid": honest, "honestdid": honest_port}
    print(json.dumps(called[asked](dict(np.load(path)))))
