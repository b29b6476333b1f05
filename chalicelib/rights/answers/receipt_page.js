'use strict'
;(() => {
  const { contact, texts } = JSON.parse(document.getElementById('texts').textContent)
  const LINK = /^#(r_[0-9a-z]{26})\.([0-9]+\.[A-Za-z0-9_-]{20,100})$/
  const COMPLETED = ['completed', 'partially_completed']
  const FILE = 'signed-certificate.json' // as docs/certificates.md calls it
  const page = document.getElementById('page')
  const main = document.getElementById('request')
  const news = document.getElementById('news')
  const heading = document.getElementById('heading')
  let id, receipt, request, certificate

  // As core/languages decides it: Serbian is also for readers of its sister languages.
  const SERBIAN = ['sr', 'sh', 'bs', 'hr', 'cnr', 'me']
  const language = (() => {
    const known = Object.keys(texts)
    for (const tag of navigator.languages || [navigator.language]) {
      const [spoken, ...parts] = tag.toLowerCase().split('-')
      if (SERBIAN.includes(spoken)) return parts.includes('cyrl') ? 'sr-Cyrl' : 'sr-Latn'
      const found = known.find(name => name.split('-')[0] === spoken)
      if (found) return found
    }
    return known[0]
  })()
  const text = name => texts[language][name].replace('{contact}', contact)
  document.documentElement.lang = language

  const element = (name, content, attributes = {}) => {
    const made = document.createElement(name)
    made.append(...[content].flat())
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
    return made
  }

  const button = (label, act, kind) => {
    const made = element('button', label, { type: 'button', class: kind || '' })
    made.addEventListener('click', () => attempt(act))
    return made
  }

  // Days and times of Belgrade. The minute is shown only of an instant until which the reader can act.
  const DAY = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'Europe/Belgrade' }
  const MINUTE = { ...DAY, hour: '2-digit', minute: '2-digit', timeZoneName: 'short' }
  const dated = (at, form = DAY) =>
    element('time', new Intl.DateTimeFormat(language, form).format(new Date(at)), { datetime: at })
  // The last day before an end, as core/page writes it: an end at midnight is that of the day before.
  const lastDay = end => dated(new Date(new Date(end) - 1000).toISOString())

  // Requests

  class Refused extends Error {
    constructor(status, code) {
      super(code)
      this.status = status
      this.code = code
    }
  }

  const send = async (address, method = 'GET') => {
    const response = await fetch(address, {
      method,
      headers: { 'Rights-Receipt': receipt, 'Accept-Language': language },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    })
    if (response.ok) return response
    const problem = await response.json().catch(() => ({}))
    throw new Refused(response.status, problem.code)
  }

  const ask = (path, method) => send(`../v1/rights-receipts/${id}${path}`, method)

  const meaning = error => {
    if (!(error instanceof Refused)) return text('unreachable')
    if (error.code === 'not_ready') return text('not_ready')
    if (error.status === 404) return text('unknown')
    return text('busy')
  }

  // Runs an action with all buttons disabled. If it fails, says why, and offers a retry unless nothing was found.
  const attempt = async act => {
    const buttons = document.querySelectorAll('button')
    buttons.forEach(one => (one.disabled = true))
    news.replaceChildren(text('loading'))
    try {
      await act()
    } catch (error) {
      const retry = element('span', button(text('again'), act), { class: 'actions' })
      news.replaceChildren(meaning(error), ...(error.status === 404 ? [] : [retry]))
    } finally {
      buttons.forEach(one => (one.disabled = false))
    }
  }

  // Actions

  const load = async () => {
    request = await (await ask('')).json()
    show()
  }

  const cancel = async () => {
    try {
      request = await (await ask('/cancel', 'POST')).json()
    } catch (error) {
      if (error.code !== 'too_late') throw error
      await load()
      news.replaceChildren(text('too_late'))
      return
    }
    show()
  }

  const download = async () => {
    const address = URL.createObjectURL(await (await ask('/certificate')).blob())
    element('a', '', { href: address, download: FILE }).click()
    setTimeout(() => URL.revokeObjectURL(address), 60000)
    news.replaceChildren()
  }

  const fetchCopy = async () => {
    location.assign((await (await ask('/export')).json()).url)
  }

  const read = async () => {
    const markup = await (await send(`certificate?rights_request_id=${id}`)).text()
    certificate = new DOMParser().parseFromString(markup, 'text/html')
    history.pushState({ shown: 'certificate' }, '', location.pathname)
    showCertificate()
  }

  // Views

  const erasure = () => request.right === 'erasure' && !request.without_account
  // The step warns the account of a request without a session: its copy is for the holder of the receipt.
  const warned = () => request.steps.some(step => step.name === 'warn')
  const guest = () => request.received_by === 'guest' || request.without_account || warned()
  const copied = () => guest() && !request.without_account && ['access', 'portability'].includes(request.right)
  const erased = () => erasure() && COMPLETED.includes(request.status)
  const paragraphs = () => request.decision.text.split('\n\n')
  const named = name => text(erasure() ? `erasure_${name}` : name)
  const state = () => {
    if (request.status === 'cancelled') return named('cancelled')
    if (request.status === 'refused') return named('refused')
    if (erased()) return paragraphs()[0]
    if (COMPLETED.includes(request.status)) return text(guest() ? 'answered' : 'done')
    if (request.status === 'awaiting_verification') return text('proof')
    if (erasure()) return text(request.cancellable ? 'erasure_cancellable' : 'erasure_begun')
    return text('open')
  }

  const facts = () => {
    const rows = [['received', request.received_at]]
    if (request.cancellable_until) rows.push(['begins', request.cancellable_until, MINUTE])
    rows.push(request.decided_at ? ['decided', request.decided_at] : ['due', request.due_at])
    return element('dl', rows.flatMap(([name, ...at]) => [element('dt', text(name)), element('dd', dated(...at))]))
  }

  const actions = () => {
    const offered = []
    if (request.cancellable) offered.push(button(text(erasure() ? 'cancel_erasure' : 'cancel'), cancel, 'main'))
    if (copied() && COMPLETED.includes(request.status)) offered.push(button(text('copy'), fetchCopy, 'main'))
    if (erased()) {
      offered.push(button(text('download'), download, 'main'), button(text('read'), read))
    }
    return offered.length ? [element('div', offered, { class: 'actions' })] : []
  }

  // The answer, with the remedies; the first paragraph of that to an erasure leads the page. A cancellation has none.
  const answer = () => {
    if (!request.decision || request.status === 'cancelled') return []
    return [element('p', paragraphs().slice(erased() ? 1 : 0).join('\n\n'), { class: 'answer', id: 'answer' })]
  }

  // What is kept. The law of a hold is in the language of the operator who recorded it.
  const kept = () => {
    const lines = request.decision?.kept || []
    if (!lines.length) return []
    const line = one => element('li', [
      `${one.what} (${one.law}), ${text('until')} `, lastDay(one.ends_at),
    ])
    return [element('ul', lines.map(line), { id: 'kept' })]
  }

  // Why an answer takes longer, and why a restriction ends: our messages say that this page shows it.
  const reasons = () => {
    const { extended, restraint } = request
    const late = { JustificationA12Complexity: 'complex', JustificationA12HighVolume: 'many' }[extended?.reason]
    const ends = restraint?.ends_because && [`${text('lifted')} `, dated(restraint.ends_at)]
    return [!request.decided_at && late && text(late), ends, restraint?.ends_because].filter(Boolean).map(said => element('p', said))
  }

  const title = name => {
    heading.textContent = name
    document.title = `RU4M: ${name}`
  }

  const show = () => {
    title(text(erasure() ? 'erasure' : 'request'))
    const noted = request.cancellable ? erasure() && 'erasure_not_you' : erased() && 'erasure_done'
    const notes = noted ? [element('p', text(noted), { class: 'quiet' })] : []
    const lead = element('p', state(), { class: 'lead', id: 'state' })
    const parts = [lead, ...kept(), facts(), ...reasons(), ...answer(), ...notes, ...actions()]
    const card = element('section', parts, { class: 'card', 'aria-labelledby': 'heading' })
    main.replaceChildren(card, element('p', text('app'), { class: 'quiet', id: 'app' }))
    page.className = 'page'
    page.replaceChildren(heading.parentElement, main, news)
    news.replaceChildren()
    heading.focus()
  }

  const showCertificate = () => {
    const back = button(text('back'), async () => {
      history.pushState({ shown: 'request' }, '', location.pathname)
      show()
    })
    const read = document.importNode(certificate.querySelector('.page'), true)
    page.className = 'page wide'
    page.replaceChildren(element('div', back, { class: 'actions' }), ...read.children)
    document.title = certificate.title
    const first = page.querySelector('h1')
    page.querySelectorAll('header, nav, main').forEach(part => (part.lang = certificate.documentElement.lang))
    first.tabIndex = -1
    first.focus()
    scrollTo(0, 0)
  }

  // The receipt stays in memory only: it is removed from the address bar and from the history.
  const start = () => {
    const link = LINK.exec(location.hash)
    history.replaceState({ shown: 'request' }, '', location.pathname)
    if (!link) {
      title(text('request'))
      news.replaceChildren(text('incomplete'))
      return
    }
    ;[, id, receipt] = link
    title(text('request'))
    attempt(load)
  }

  // A second link opened in the same tab changes only the fragment, and so do the links inside the certificate.
  addEventListener('hashchange', () => LINK.test(location.hash) && start())
  addEventListener('popstate', () => {
    const shown = history.state?.shown
    if (shown === 'request' && request) show()
    if (shown === 'certificate' && certificate) showCertificate()
  })
  start()
})()
