/** Ways in which a delegate fails at ADD. */
import { type Behaviour, MAKES_LINK } from "./scripted_delegate.ts";

/** What a delegate does at ADD, and what danm says of it. */
export interface FailingAdd {
  /** Behind "a delegate". */
  readonly title: string;
  readonly behaviour: Behaviour;
  readonly says: { code: number; msg: RegExp };
  /** The deadline of ADD ends it. */
  readonly killed?: true;
}

const failed = (msg: RegExp): FailingAdd["says"] => ({ code: 105, msg });

/** Each is for an eth1 on DanmNet default/one that is to get 192.0.2.9. */
export const FAILING_ADDS: readonly FailingAdd[] = [
  {
    title: "fails with an error document after it made its link",
    behaviour: { before: MAKES_LINK, prints: '{"code":11,"msg":"no \\"lease\\"","details":"later"}', exits: 1 },
    says: failed(/^eth1: ADD of delegate scripted failed: code 11: no "lease" \(later\)$/),
  },
  {
    title: "fails without a document",
    behaviour: { before: "echo broken >&2", exits: 3 },
    says: failed(/^eth1: ADD of delegate scripted failed: .*exit code 3: broken$/),
  },
  {
    title: "ends well without a result",
    behaviour: { before: MAKES_LINK, prints: "" },
    says: failed(/scripted failed: it ended well, but without a result$/),
  },
  {
    title: "prints rubbish",
    behaviour: { before: MAKES_LINK, prints: "{ it works" },
    says: failed(/scripted failed: .*JSON.*; it printed "{ it works"$/),
  },
  {
    title: "prints a list",
    behaviour: { prints: "[]" },
    says: failed(/scripted failed: result.*; it printed "\[\]"$/),
  },
  {
    title: "prints 32 MB",
    behaviour: { before: "head -c 32000000 /dev/zero | tr '\\0' x", prints: "" },
    says: failed(/scripted failed: .{0,100}; it printed "x{200}"$/),
  },
  {
    title: "dies by a signal",
    behaviour: { before: "kill -SEGV $$" },
    says: failed(/scripted failed: .*exit code 139/),
  },
  {
    title: "answers well without having made its interface",
    behaviour: { prints: '{"interfaces":[{"name":"eth1","sandbox":"x"}]}' },
    says: failed(/^eth1 on DanmNet default\/one: delegate scripted ended well, but the sandbox has no such interface$/),
  },
  {
    title: "does not give the address that it was told",
    behaviour: { before: MAKES_LINK, prints: '{"ips":[{"address":"192.0.2.8/24"}]}' },
    says: failed(/delegate scripted was told 192\.0\.2\.9\/24, and does not say that it gave it$/),
  },
  {
    title: "does not stop printing",
    behaviour: { before: `${MAKES_LINK}; yes` },
    says: failed(/scripted failed: .* it printed more than 67108864 bytes$/),
  },
  {
    title: "leaves something behind that holds its output",
    behaviour: { before: `${MAKES_LINK}; setsid sleep 8 &`, prints: '{"ips":[{"address":"192.0.2.9/24"}]}' },
    says: { code: 11, msg: /did not end in time/ },
    killed: true,
  },
  {
    title: "does not end",
    behaviour: { before: `${MAKES_LINK}; sleep 1000 & wait` },
    says: { code: 11, msg: /did not end in time/ },
    killed: true,
  },
];
