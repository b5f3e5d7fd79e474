import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";

/**
 * Configures zod once for the whole process: one language for its messages, and no generated code, because a CNI
 * plugin validates each schema once and compiling a validator costs more than it saves.
 *
 * Every schema file imports this module for its effect, so that whoever parses gets readable messages.
 */
z.config({ ...en(), jitless: true });
