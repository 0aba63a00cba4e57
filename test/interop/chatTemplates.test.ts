import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { PythonTemplate } from '../../src/worker/tokenizer/pythonTemplate.js';
import { strftime } from '../../src/worker/tokenizer/strftime.js';
import { runPython } from '../helpers/python.js';

type Answer = { text: string } | { error: string };

/** Ways in which chat templates use a message. */
const expressions = [
  'm.content',
  "m['content']",
  "m['role'] + ': ' + m['content'] + '\\n'",
  "'<|' + m.role + '|>' ~ m.content ~ '\\n'",
  "m['content'] + 'x'",
  "'x' + m['content']",
  'm.content | trim',
  'm.content | upper',
  'm.content | length',
  'm.content | list',
  'm.content | first',
  'm.content | last',
  'm.content | join(", ")',
  'm.content | string',
  'm.content | tojson',
  'm.content | default("none")',
  'm.content | default("none", true)',
  'm.content | int',
  'm.content | replace("a", "b")',
  'm.content.strip()',
  'm.content.split("l")',
  'm.content.split("l")[-1]',
  'm.content.text',
  'm.content.text.more',
  'm.content[0]',
  'm.content[0].text',
  'm.content[1:]',
  'm.content.startswith("h")',
  'm.content is defined',
  'm.content is string',
  'm.content is none',
  'm.content is iterable',
  'm.content is mapping',
  'm.content == none',
  'm.content == ""',
  "m.content == 'hello'",
  'm.content != m.role',
  "'l' in m.content",
  "'zz' not in m.content",
  "m.content in ['hello', '']",
  "m.content in 'hello world'",
  "'content' in m",
  'm.get("content")',
  "m.get('content', 'x')",
  'm.keys() | join("-")',
  'm',
  'messages',
  'messages | length',
  'm.content if m.content else "empty"',
  'm.content if m.content',
  '(m.content or "") + "!"',
  'not m.content',
  '-m.content',
  'm.content * 2',
  'm.content < 3',
  'm.content > "a"',
  'm.content - 1',
  'm()',
  'm.content()',
  'unknown',
  'unknown.name',
  'unknown + "x"',
  'none',
  'true',
  '1.5',
  '2.0 * 2',
  '7 // 2',
  "[1, 'a', none, true, 1.5]",
  "{'a': [1], 'b': none}",
  "('a', 1)",
  "raise_exception('no ' + m.role)",
  'messages[0].role',
  'messages[9]',
  'messages[9].role',
  'loop_messages',
  'namespace(a=1).a',
  'range(3) | list',
  "m['con' + 'tent']",
  'm[0]',
];

const statements = [
  '{% for part in m.content %}[{{ part }}]{% endfor %}',
  '{% for part in m.content %}[{{ part.text }}]{% else %}nothing{% endfor %}',
  "{% for part in m.content if part.type == 'text' %}{{ part.text }}{% endfor %}",
  '{% for key, value in m.items() %}{{ key }}={{ value }};{% endfor %}',
  '{% for key in m %}{{ key }},{% endfor %}',
  "{% if m.content is string %}{{ m.content }}{% else %}{% for c in m.content %}{{ c['text'] }}{% endfor %}{% endif %}",
  '{% set text = m.content %}{{ text }}{% if text is not none %}!{% endif %}',
  "{% set ns = namespace(last='x') %}{% if m.content %}{% set ns.last = m.content %}{% endif %}{{ ns.last }}",
  '{% macro show(text) %}<{{ text }}>{% endmacro %}{{ show(m.content) }}{{ show(none) }}',
  "{% macro show(text, end='.') %}<{{ text }}{{ end }}>{% endmacro %}{{ show(m.content, end=1) }}",
  "{% if m.content %}yes{% elif m.role == 'user' %}user{% endif %}",
  '{{ bos_token }}{% for x in messages %}{{ loop.index }}{{ loop.last }}{{ x.content }}{% endfor %}',
  "{%- if messages[0]['role'] == 'system' -%} {{ messages[0]['content'] }} {%- endif -%} end",
  '{% filter upper %}{{ m.role }}{% endfilter %}',
  '{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}',
];

const templates = [...expressions.map((expression) => `{% set m = messages[-1] %}[{{ ${expression} }}]`)].concat(
  statements.map((statement) => `{% set m = messages[-1] %}${statement}`),
);

const lastMessages: Record<string, unknown>[] = [
  { role: 'user', content: ' hello ' },
  { role: 'user', content: '' },
  { role: 'user', content: null },
  { role: 'user' },
  { role: 'user', content: [{ type: 'text', text: 'hi' }, { type: 'image' }] },
  { role: 'user', content: [] },
  { role: 'user', content: { text: "it's" } },
  { role: 'user', content: 7 },
  { content: 'hello' },
  {},
];
const conversations = lastMessages.map((message) => [{ role: 'system', content: 'Be kind.' }, message]);

const script = `
import json, sys
from transformers.utils import chat_template_utils as u
from transformers.utils.chat_template_utils import _compile_jinja_template as compile_template
question = json.load(sys.stdin)
out = []
for template in question["templates"]:
    for messages in question["conversations"]:
        try:
            out.append({"text": compile_template(template).render(messages=messages, bos_token="<s>", add_generation_prompt=True, tools=None, documents=None)})
        except Exception as e:
            out.append({"error": str(e)})
from datetime import datetime
dates = [datetime.fromisoformat(date).strftime(format) for date in question["dates"] for format in question["formats"]]
print(json.dumps({"rendered": out, "dates": dates}))
`;

const dates = ['2024-01-02T03:04:05', '2024-12-31T23:59:59', '2023-07-09T12:00:00', '2000-02-29T00:30:00'];
const formats = [
  '%Y-%m-%d',
  '%d %b %Y',
  '%A, %B %-d, %y',
  '%H:%M:%S %p',
  '%I:%M %j %a %u %w %e|%h',
  '%F %T %R %D',
  '100%% %f%z%Z',
];

function render(template: string, messages: unknown): Answer {
  try {
    const variables = { messages, bos_token: '<s>', add_generation_prompt: true, tools: null, documents: null };
    return { text: new PythonTemplate(template).render(variables) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

describe('chat templates render as jinja2 renders them, whatever a message lacks', () => {
  let answers: Answer[];
  let formatted: string[];
  before(async () => {
    const question = { templates, conversations, dates, formats };
    ({ rendered: answers, dates: formatted } = await runPython<{ rendered: Answer[]; dates: string[] }>(
      'new',
      script,
      question,
    ));
  });

  it("strftime_now's directives", () => {
    assert.deepEqual(
      dates.flatMap((date) => formats.map((format) => strftime(new Date(date), format))),
      formatted,
    );
  });

  for (const [i, template] of templates.entries()) {
    it(template.replace('{% set m = messages[-1] %}', ''), () => {
      for (const [j, messages] of conversations.entries()) {
        assert.deepEqual(
          render(template, messages),
          answers[i * conversations.length + j],
          JSON.stringify(messages[1]),
        );
      }
    });
  }
});
