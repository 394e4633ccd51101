/** How a secret is named where one is wanted: by where it lies. Which of these there are is up to the home. */
export const SECRET_REFERENCE = /^(env|local|ssm|secret):[A-Za-z0-9_.-]{1,200}$/;

/** For whoever wrote something else there, perhaps the secret itself: it is not repeated. */
export const SECRET_REFERENCE_WANTED =
  'a secret is named, not given: "env:NAME" or "local:NAME" at home, "ssm:NAME" or "secret:NAME" on AWS';
