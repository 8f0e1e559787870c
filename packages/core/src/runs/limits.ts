/** MLflow's own limits, so that what is logged here could be logged there. https://mlflow.org/docs/latest/rest-api.html */
export const MAX_NAME_LENGTH = 250;
export const MAX_PARAM_LENGTH = 6000;
export const MAX_TAG_LENGTH = 8000;
export const MAX_METRICS_AT_ONCE = 1000;
export const MAX_PARAMS_AT_ONCE = 100;
export const MAX_TAGS_AT_ONCE = 100;
/** Of params, metrics, tags and the like in one request. */
export const MAX_ENTRIES_AT_ONCE = 1000;

/** Writers of one item at the same moment; each conflict means that another one was first. */
export const WRITE_ATTEMPTS = 50;
/** Items per range query. */
export const PAGE = 500;
