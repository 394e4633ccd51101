import * as z from 'zod';

/** The model that teaches and writes: one of the program's by its name, a LanguageModel, or `provider/model`. */
export const Teacher = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'The model that writes instructions and shows how it is done; default: the program’s own.' });
