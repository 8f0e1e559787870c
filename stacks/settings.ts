import { z } from "zod";

export const isProduction = $app.stage === "production";

/** A variable that is set to nothing, as a workflow does with a secret that is not there, is not set. */
const setting = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema.optional());

/** What a deployment may choose: from the environment, or from `.env` and `.env.<stage>`, which SST reads. */
export const settings = z
  .object({
    /** Who gets the alarms. Without it they only show in CloudWatch. */
    TIDEWATCH_ALARM_EMAIL: setting(z.email()),
    /** The page's own name, in a zone of Route 53. Without it CloudFront gives one. */
    TIDEWATCH_DOMAIN: setting(z.hostname()),
    /** So many runs of the API at once and no more, so that a flood of calls leaves the rest of the quota to the consumers. */
    TIDEWATCH_API_CONCURRENCY: setting(z.coerce.number().int().positive()),
    /** Takes in log groups that CloudWatch Logs puts on the stream. All metric events then pass through the log stage's function. */
    TIDEWATCH_CLOUDWATCH_LOGS: setting(z.stringbool()),
    /** Who reports are from, by SES. Without it no mail is sent. */
    TIDEWATCH_MAIL_FROM: setting(z.email()),
    /** What SES has verified of that address; its domain, unless it is said. */
    TIDEWATCH_MAIL_IDENTITY: setting(z.string()),
    /** Where SES sends from; the deployment's own region, unless it is said. */
    TIDEWATCH_MAIL_REGION: setting(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/)),
    /** Archive objects of metric events alone go so many days after they were compacted. Without it they stay. */
    TIDEWATCH_RAW_DAYS: setting(z.coerce.number().int().positive()),
    /** Compacted files go so many days after their day, and with them the training sets that could be made of it. Without it they stay. */
    TIDEWATCH_COMPACTED_DAYS: setting(z.coerce.number().int().positive()),
  })
  .parse(process.env);

/** For resources that are not SST's: names that say whose they are, in the account's lists and in an alarm's mail. */
export const nameOf = (name: string): string => `${$app.name}-${$app.stage}-${name}`;
