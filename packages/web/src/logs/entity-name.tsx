import { shortened } from "../format/shortened.ts";
import { useTemplateText } from "./template-texts.tsx";

/** Characters of a template in a cell of a table; all of it is in the title, and where the series is explained. */
const MOST_SHOWN = 70;

/** What is watched, as people call it: an entity by its name, a template by what it says. */
export const EntityName = ({ of }: { of: { detector: string; entity: string } }) => {
  const text = useTemplateText()(of);
  if (text === undefined) return of.entity;
  return (
    <>
      <code className="log-text" title={text}>
        {shortened(text, MOST_SHOWN)}
      </code>
      <small>{of.detector}</small>
    </>
  );
};
