/** From 0 to 1, as a bar and a number. */
export const Grade = ({ grade }: { grade: number }) => (
  <span className="grade">
    <meter min={0} max={1} value={grade} aria-hidden="true" />
    {grade.toFixed(2)}
  </span>
);
