const WHY =
  'runs Python that a model has written, and there is no sandbox for it here; use react with tools that do the same ' +
  '(the built-in calculator, a Python function of yours), or a transform node';

/** DSPy's modules that execute model-written code, by our names and DSPy's, with what is said instead of running them. */
export const REFUSED_TYPES: Readonly<Record<string, string>> = {
  program_of_thought: `ProgramOfThought ${WHY}`,
  ProgramOfThought: `ProgramOfThought ${WHY}`,
  code_act: `CodeAct ${WHY}`,
  CodeAct: `CodeAct ${WHY}`,
  rlm: `RLM ${WHY}`,
  RLM: `RLM ${WHY}`,
  flex: `Flex ${WHY}`,
  Flex: `Flex ${WHY}`,
};
