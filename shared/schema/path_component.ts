/** No slash, no dot in front, so neither `.` nor `..`. */
const PATH_COMPONENT = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Whether a text can stand as one component of a path. */
export function isPathComponent(text: string): boolean {
  return text.length <= 128 && PATH_COMPONENT.test(text);
}
