import { MediaQuery } from "svelte/reactivity";

/** Is there room for a column of chats beside picture and conversation? Else they are a drawer over them. */
export function columnFits(): MediaQuery {
  return new MediaQuery("min-width: 1120px");
}

/** Picture above the conversation instead of beside it. */
export function isStacked(): MediaQuery {
  return new MediaQuery("max-width: 899px");
}
