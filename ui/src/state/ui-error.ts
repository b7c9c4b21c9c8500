import type { UiError } from "../contract";

/** Rust rejects a command with a `UiError`; anything else is a fault of the bridge itself. */
export function asUiError(reason: unknown): UiError {
  if (typeof reason === "object" && reason !== null && "code" in reason && "message" in reason) return reason as UiError;
  return { code: "other", message: reason instanceof Error ? reason.message : String(reason), hint: "", id: "other", with: {} };
}
