import { AppError } from "@tidewatch/core/errors";
import type { ModelExaminer } from "@tidewatch/core/register/examine";

/**
 * A foreign file is run only where it has no rights, and no memory but its own. A function has the rights of its role, and
 * would take no file above 4 MB in any case.
 */
export const noExaminer: ModelExaminer = async () => {
  throw new AppError(
    "CONFLICT",
    "This API runs as a function, which has no process of its own to try a foreign model in. Import it with `tidewatch models " +
      "import --table TABLE --bucket BUCKET`: your machine tries it.",
  );
};
