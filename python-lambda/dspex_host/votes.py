"""dspy.majority over draws of any module; DSPy's own form draws by `n` of one predictor."""

import dspy

NEARLY_NONE = 0.15
RAISED = 0.7


class Majority(dspy.Module):
    def __init__(self, module: dspy.Module, n: int, field: str | None):
        super().__init__()
        self.module = module
        self.n = n
        self.field = field

    def forward(self, **inputs) -> dspy.Prediction:
        lm = dspy.settings.lm
        start = lm.kwargs.get("rollout_id", 0)
        pairs = [(self._drawn(lm, start + i), inputs) for i in range(self.n)]
        parallel = dspy.Parallel(num_threads=self.n, max_errors=1, disable_progress_bar=True)
        answers = [dict(answer.items()) for answer in parallel(pairs)]
        return dspy.majority(answers, field=self.field or list(self.module.predictors()[-1].signature.output_fields)[-1])

    def _drawn(self, lm: dspy.LM, rollout_id: int) -> dspy.Module:
        drawn = self.module.deepcopy()
        for predictor in drawn.predictors():
            own = predictor.lm or lm
            predictor.lm = own.copy(rollout_id=rollout_id)
            # As Predict does for several answers of one prompt: without it they would be the same.
            temperature = predictor.config.get("temperature") or own.kwargs.get("temperature")
            if temperature is None or temperature <= NEARLY_NONE:
                predictor.config = {**predictor.config, "temperature": RAISED}
        return drawn
