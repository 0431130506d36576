import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { Compile } from 'typebox/schema'
import { asking, newNode, onAppliance, start, web, www } from './appliance.ts'

const DOCUMENT = `${import.meta.dirname}/../../docs/openapi.json`

interface OpenApi {
  readonly components: object
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly responses: Readonly<Record<string, { content?: Content }>> }>
      >
    >
  >
}

type Content = Readonly<Record<string, { readonly schema: object }>>

const document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as OpenApi

/** Whether a value is what the document says; its references start at the top of the document. */
function fits(schema: object, value: unknown): boolean {
  return Compile({ ...schema, components: document.components }).Check(value)
}

if (await onAppliance(t, import.meta.filename)) {
  t.test('docs/openapi.json is what the server says of itself', async t => {
    await using appliance = await start(newNode(t))
    const { body } = await asking(appliance.app)('GET', '/docs/json')
    t.same(body, document, 'npm run openapi writes it anew')
  })

  t.test('every path that the document has answers as it says', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/config', { pools: { web }, vips: { www } })
    const names = { vips: 'www', pools: 'web', backends: 'b1' }
    const places = 'source=192.0.2.7:4000&destination=198.51.100.10:80&protocol=tcp'

    for (const [path, operations] of Object.entries(document.paths)) {
      if (!operations['get']) continue
      const url = path
        .replace('{pool}', names.pools)
        .replace('{number}', '1')
        .replace(/(vips|pools|backends)\/\{name\}/, (_, kind: keyof typeof names) => {
          return `${kind}/${names[kind]}`
        })
      const { status, body } = await ask(
        'GET',
        path === '/v1/lookup' ? `${url}?${places}` : url,
      )
      t.equal(status, 200, url)
      const { content } = operations['get'].responses['200'] ?? {}
      const schema = (content?.['application/json'] ?? content?.['text/plain'])?.schema
      t.ok(schema && fits(schema, body), `${url} is as documented`)
    }
    const problem = await ask('GET', '/v1/vips/nobody')
    t.ok(fits({ $ref: '#/components/schemas/Problem' }, problem.body))
    t.notOk(fits({ $ref: '#/components/schemas/Vip' }, problem.body), 'the check can fail')
  })

  t.test('the page to browse it needs nothing from elsewhere', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    const page = await ask('GET', '/docs')
    t.match(page, { status: 200, headers: { 'content-type': /^text\/html/ } })
    t.match(page.headers['content-security-policy'], /^default-src 'self';/)
    const files = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, at]) =>
      String(at),
    )
    t.ok(files.length > 3)
    for (const file of files) t.match(await ask('GET', file), { status: 200 }, file)
  })
} else {
  t.test('docs/openapi.json passes the recommended rules', async t => {
    const redocly = `${import.meta.dirname}/../../node_modules/.bin/redocly`
    const env = {
      ...process.env,
      REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
    }
    t.doesNotThrow(() =>
      execFileSync(redocly, ['lint', '--max-problems', '5', DOCUMENT], { env, stdio: 'pipe' }),
    )
  })
}
