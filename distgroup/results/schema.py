"""The result tables: what a row is, and each column's type, meaning and unit."""

import pyarrow as pa


def _field(name: str, kind: pa.DataType, description: str, unit: str = "") -> pa.Field:
    metadata = {"description": description} | ({"unit": unit} if unit else {})
    return pa.field(name, kind, metadata=metadata)


_TEXT, _INTEGER, _REAL = pa.string(), pa.int64(), pa.float64()
_REALS = pa.list_(pa.field("element", _REAL))  # as parquet names it

_KEY = [
    _field("taskset", _TEXT, "name of the task set"),
    _field("seed", _INTEGER, "seed of initialisation and batches; null where a row is about all seeds"),
    _field("spec_hash", _TEXT, "hash of data, model, training and gain: rows with the same are comparable"),
]
_SEEDS = _field("seeds", _TEXT, "the seeds that the row is about")
_STEPS = _field("cost_steps", _INTEGER, "optimizer steps spent, summed over networks and seeds", "network-steps")
_SECONDS = _field("cost_seconds", _REAL, "wall time spent on one core", "s")


def _table(meaning: str, *fields: pa.Field) -> pa.Schema:
    return pa.schema([*_KEY, *fields], metadata={"description": meaning})


SUBSETS = _table(
    "ground truth of update rule separate: one row a (seed, subset, task, split)",
    _field("subset", _TEXT, "the group that shares the network, e.g. a+b"),
    _field("task", _TEXT, "task scored"),
    _field("split", _TEXT, "val or test"),
    _field("loss", _REAL, "mean loss; regressions on targets standardised on train"),
    _field("metric", _REAL, "R² (regression), ROC-AUC (binary) or accuracy (multiclass)"),
    _field("gain", _REAL, "gain over the single-task network of the same seed and budget; 0 for singletons"),
    _field("steps", _INTEGER, "optimizer steps of the network", "steps"),
    _field("seconds", _REAL, "the network's share of its stack's wall time", "s"),
)

PARTITIONS = _table(
    "ground truth of update rule selective: one row a (seed, grouping, task, split)",
    _field("grouping", _TEXT, "the groups that take turns on the network, e.g. a+b|c"),
    _field("task", _TEXT, "task scored"),
    _field("split", _TEXT, "val or test"),
    _field("loss", _REAL, "mean loss; regressions on targets standardised on train"),
    _field("metric", _REAL, "R² (regression), ROC-AUC (binary) or accuracy (multiclass)"),
    _field("gain", _REAL, "gain over the single-task network of the same seed and number of batches"),
    _field("steps", _INTEGER, "optimizer steps of the network: one a batch and group", "steps"),
    _field("seconds", _REAL, "the network's share of its stack's wall time", "s"),
)

POINTS = _table(
    "what was run: one row a point of the sweep, or one in all",
    _SEEDS,
    _field("tasks", _TEXT, "the tasks, e.g. a+b+c"),
    _field("objectives", _TEXT, "what its search aims at"),
    _field("settings", _TEXT, "data, model, training and gain, as JSON"),
)

OPTIMA = _table(
    "best groupings by enumeration: one row a (update, kind, num_groups)",
    _SEEDS,
    _field("update", _TEXT, "update rule: separate or selective"),
    _field("kind", _TEXT, "cover (groups may overlap) or partition"),
    _field("num_groups", _INTEGER, "at most so many groups"),
    _field("grouping", _TEXT, "the grouping with the largest Δm on val"),
    _field("delta_m_val", _REAL, "its Δm on val, mean over seeds"),
    _field("delta_m_test", _REAL, "its Δm on test, mean over seeds"),
    _field("delta_m_val_sd", _REAL, "standard deviation over seeds"),
    _field("delta_m_test_sd", _REAL, "standard deviation over seeds"),
    _field("mean_delta_m_test", _REAL, "mean Δm on test of all groupings of that kind and number: the random floor"),
    _field("all_in_one_delta_m_test", _REAL, "Δm on test of one network for all tasks"),
    _field("noise_ceiling", _REAL, "Spearman of test gains between disjoint halves of the seeds, mean over halvings"),
)

TRIALS = _table(
    "one row a trial of the search, failed ones included",
    _SEEDS,
    _field("trial_id", _TEXT, "number of the trial, in the order proposed"),
    _field("status", _TEXT, "done, failed, or pruned: stopped in training, with its Δm on val so far"),
    _field("update", _TEXT, "update rule"),
    _field("estimator", _TEXT, "kind of the affinity estimator; proximal where affinity is tracked in training"),
    _field("num_groups", _TEXT, "at most so many groups, or auto"),
    _field("regroup_every", _TEXT, "batches between regroupings, or never"),
    _field("selector", _TEXT, "kind of the selector"),
    _field("baseline", _TEXT, "all_in_one or single_task, where that was tried with as many trials as a method"),
    _field("params", _TEXT, "all that was proposed, as JSON"),
    _field("grouping", _TEXT, "the grouping chosen; of training that regroups, the one that most seeds ended with"),
    _field("delta_m_val", _REAL, "Δm on val, mean over seeds"),
    _field("delta_m_test", _REAL, "Δm on test, mean over seeds"),
    _field("delta_m_val_sd", _REAL, "standard deviation over seeds"),
    _field("delta_m_test_sd", _REAL, "standard deviation over seeds"),
    _field("regret_val", _REAL, "Δm of the optimum with at most as many groups, minus this one's, on val"),
    _field("regret_test", _REAL, "the same on test, the optimum still chosen on val: may be negative"),
    _field(
        "gap_closed_test", _REAL, "share of the way from all-in-one to the optimum, on test; null if there is no gap"
    ),
    _field(
        "rank_percentile", _REAL, "share of all partitions with at most as many groups that are no better on test", "%"
    ),
    _field(
        "spearman",
        _REAL,
        "rank correlation of predicted and measured test gains over all (group, task), |group| ≥ 2; for selective over "
        "all (partition, task)",
    ),
    _STEPS,
    _SECONDS,
    _field("reports_val", _REALS, "Δm on val at each tenth of a trial's training; null if it was looked up"),
    _field("error", _TEXT, "why the trial failed"),
)

AFFINITIES = _table(
    "estimated affinity: one row a (estimator, options, seed, source, target)",
    _field("estimator", _TEXT, "kind of the estimator"),
    _field("options", _TEXT, "all its options, as JSON"),
    _field("source", _TEXT, "task trained on"),
    _field("target", _TEXT, "task affected"),
    _field("affinity", _REAL, "what training on source does to target; larger is better"),
    _STEPS,
    _SECONDS,
)

PREDICTIONS = _table(
    "group scores predicted directly: one row a (estimator, options, seed, subset, task)",
    _field("estimator", _TEXT, "kind of the estimator"),
    _field("options", _TEXT, "all its options, as JSON"),
    _field("subset", _TEXT, "the group, e.g. a+b"),
    _field("task", _TEXT, "task scored"),
    _field("score", _REAL, "predicted gain over the single-task network"),
    _STEPS,
    _SECONDS,
)

_STEP = _field("step", _INTEGER, "batches trained on before", "batches")

REGROUPINGS = _table(
    "groupings made in the course of training: one row a (trial, seed, step)",
    _field("trial_id", _TEXT, "number of the trial"),
    _STEP,
    _field("grouping", _TEXT, "the grouping trained in from this step on"),
)

TRACKED = _table(
    "affinity tracked in the course of training: one row a (trial, seed, step, source, target)",
    _field("trial_id", _TEXT, "number of the trial"),
    _STEP,
    _field("source", _TEXT, "task trained on"),
    _field("target", _TEXT, "task affected"),
    _field("affinity", _REAL, "moving average of what the source's steps do to the target; larger is better"),
)

TABLES: dict[str, pa.Schema] = {
    "points": POINTS,
    "subsets": SUBSETS,
    "partitions": PARTITIONS,
    "optima": OPTIMA,
    "trials": TRIALS,
    "affinities": AFFINITIES,
    "predictions": PREDICTIONS,
    "regroupings": REGROUPINGS,
    "tracked": TRACKED,
}
