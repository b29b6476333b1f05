'use strict'
;(() => {
  const { texts, words, language } = JSON.parse(document.getElementById('texts').textContent)
  const MOST = 1000000 // bytes of a file
  const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' }
  const chooser = document.getElementById('file')
  const result = document.getElementById('result')
  const content = document.getElementById('stated')
  let checks = 0

  // Why a file is not accepted, by the name of its text.
  class Wrong extends Error {}

  const bytesOf = base64 => Uint8Array.from(atob(base64), one => one.charCodeAt(0))
  const hex = buffer => [...new Uint8Array(buffer)].map(one => one.toString(16).padStart(2, '0')).join('')

  // The parts of the file: docs/certificates.md. Bytes are base64url with padding.
  const partsOf = text => {
    try {
      const { algorithm, kid, ...encoded } = JSON.parse(text)
      const [certificate, signature] = ['certificate', 'signature'].map(name =>
        bytesOf(encoded[name].replaceAll('-', '+').replaceAll('_', '/')))
      const stated = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(certificate))
      if (algorithm !== 'ECDSA_SHA_256' || stated.format !== 'ru4m.erasure-certificate.v1') throw new Wrong('malformed')
      return { kid, certificate, signature, stated }
    } catch {
      throw new Wrong('malformed')
    }
  }

  // DER has two integers, without leading zeros but for a sign; WebCrypto wants 32 bytes of each.
  const rawOf = der => {
    const raw = new Uint8Array(64)
    let at = 2
    for (const end of [32, 64]) {
      const length = der[at + 1]
      const integer = der.subarray(at + 2, at + 2 + length)
      const number = integer[0] === 0 ? integer.subarray(1) : integer
      if (der[at] !== 2 || integer.length !== length || number.length > 32) throw new Wrong('altered')
      raw.set(number, end - number.length)
      at += 2 + length
    }
    if (der[0] !== 0x30 || der[1] !== der.length - 2 || at !== der.length) throw new Wrong('altered')
    return raw
  }

  const keyOf = async kid => {
    const asked = { credentials: 'omit', cache: 'no-cache', redirect: 'error', referrerPolicy: 'no-referrer' }
    let named
    try {
      const response = await fetch('../v1/certificate-keys', asked)
      const { keys } = response.ok && (await response.json())
      named = keys.find(one => one.kid === kid)
    } catch {
      throw new Wrong('unreachable')
    }
    if (!named) throw new Wrong('unknown')
    const der = bytesOf(named.pem.replace(/-----[A-Z ]+-----|\s/g, ''))
    if (hex(await crypto.subtle.digest('SHA-256', der)) !== kid) throw new Wrong('unknown')
    return crypto.subtle.importKey('spki', der, ALGORITHM, false, ['verify'])
  }

  const checked = async file => {
    if (file.size > MOST) throw new Wrong('large')
    const { kid, certificate, signature, stated } = partsOf(await file.text())
    const key = await keyOf(kid)
    const is = { name: 'ECDSA', hash: 'SHA-256' }
    if (!(await crypto.subtle.verify(is, key, rawOf(signature), certificate))) throw new Wrong('altered')
    return stated
  }

  // What the certificate states

  const element = (name, children, attributes = {}) => {
    const made = document.createElement(name)
    made.append(...[children].flat())
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
    return made
  }
  const said = word => {
    const found = Object.hasOwn(words, word) ? words[word] : String(word).replaceAll('_', ' ')
    return found.charAt(0).toUpperCase() + found.slice(1)
  }
  const DAY = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'Europe/Belgrade' }
  const dated = at => {
    const form = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, DAY)
    return element('time', form.format(new Date(at)), { datetime: at })
  }
  // An end at midnight is that of the day before, as in core/page.
  const lastDay = end => dated(new Date(new Date(end) - 1000).toISOString())
  const list = items => element('ul', items.map(item => element('li', item)))
  const facts = rows => element('dl', rows.filter(([, value]) => value).flatMap(([name, value]) =>
    [element('dt', texts[name]), element('dd', value)]))
  const counted = one => (one.counted === 'exactly' ? `${one.count}` : texts.least.replace('{number}', one.count))

  const shown = stated => [
    element('h2', texts.heading),
    facts([
      ['opened', dated(stated.requested_at)],
      ['begun', dated(stated.begun_at)],
      ['completed', dated(stated.completed_at)],
      ['key', dated(stated.key_deleted_at)],
      ['request', stated.request],
      ['controller', said(stated.controller)],
    ]),
    element('h3', texts.deleted),
    list(stated.deleted.map(one => `${said(one.records)}: ${counted(one)} (${said(one.place)})`)),
    element('h3', texts.stream),
    list(stated.stream.results.map(one => `${said(one.data)}: ${said(one.report)}`)),
    element('h3', texts.stays),
    list(stated.held.map(one => [
      `${said(one.records)} (${one.count}): ${said(one.why)}. ${texts.until}: `, lastDay(one.until),
    ])),
    list(stated.remains.map(one => [
      `${said(one.what)}: ${said(one.why)}. ${texts.until}: `, one.until ? lastDay(one.until) : said(one.ends),
    ])),
    element('h3', texts.backups),
    facts([
      ['sealed', lastDay(stated.backups.sealed_fields_from)],
      ['clear', lastDay(stated.backups.clear_ids_from)],
      ['hashes', lastDay(stated.backups.claim_hashes_from)],
      ['held', stated.backups.held_records_from && lastDay(stated.backups.held_records_from)],
    ]),
  ]

  const check = async file => {
    const mine = ++checks // a file that was chosen later wins
    const say = (name, stated) => {
      if (mine !== checks) return
      result.className = name === 'loading' ? '' : 'card'
      result.classList.toggle('warn', name !== 'loading' && name !== 'genuine')
      result.dataset.outcome = name
      result.replaceChildren(element('p', element('strong', texts[name])))
      content.replaceChildren(...(stated ? shown(stated) : []))
    }
    say('loading')
    try {
      say('genuine', await checked(file))
    } catch (error) {
      say(error instanceof Wrong ? error.message : 'malformed')
    }
  }

  document.getElementById('checker').hidden = false
  chooser.addEventListener('change', () => chooser.files.length && check(chooser.files[0]))
})()
