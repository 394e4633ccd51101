import * as z from 'zod';

/** `Program.promote`, `Evaluation.*` or `*`: types of audit events. */
export const EventPattern = z
  .string()
  .max(120)
  .regex(
    /^(\*|[A-Z][A-Za-z]*\.(\*|[a-z][A-Za-z]*))$/,
    'an event is named "Resource.action", all of a resource "Resource.*", all there are "*"',
  );

/** Where events go. Which addresses may be reached is decided at every delivery, when the name is looked up. */
export const Url = z
  .string()
  .max(2000)
  .superRefine((text, context) => {
    const wrong = (message: string) => context.addIssue({ code: 'custom', message });
    if (!URL.canParse(text)) return wrong('no address: wanted https://host/path');
    const { protocol, username, password, hash } = new URL(text);
    if (protocol !== 'https:' && protocol !== 'http:') wrong(`wanted https, got ${protocol}`);
    if (username !== '' || password !== '') wrong('a user name in the address; deliveries are signed instead');
    if (hash !== '') wrong('a fragment (#...) is never sent');
  });

/** A reference to a signing secret. The newest comes first; earlier ones sign too, until their time is over. */
export const Key = z.object({
  ref: z.string(),
  /** Made here, and kept where no program can name it. */
  own: z.boolean(),
  until: z.string().nullable(),
});
export type Key = z.output<typeof Key>;

/** Does the webhook want events of this type? */
export function wants(patterns: readonly string[], type: string): boolean {
  const all = `${type.slice(0, type.indexOf('.'))}.*`;
  return patterns.some((pattern) => pattern === '*' || pattern === type || pattern === all);
}
