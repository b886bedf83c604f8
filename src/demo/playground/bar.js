// @ts-check
// Runs in the playground before GraphiQL: a switch between the demo's users, whose token every request then carries, and
// the walk-through's steps as buttons. Values that a step promises to remember replace {{name}} in later variables.
(() => {
  /** @typedef {{ id: string, name: string, roles: string[], token: string, organization: { name: string } }} User */
  /** @typedef {{ id: string, title: string, note: string, userId: string, operationName: string, query: string,
   *   variables: Record<string, unknown>, remembers: Record<string, string> }} Step */
  /** @type {{ steps: Step[] }} */
  const { steps } = JSON.parse(document.getElementById('demo-data')?.textContent ?? '{"steps":[]}');
  const select = /** @type {HTMLSelectElement} */ (document.getElementById('demo-user'));
  const find = (/** @type {string} */ testId) =>
    /** @type {HTMLElement} */ (document.querySelector(`[data-testid="${testId}"]`));
  /** @type {Record<string, string>} */
  const remembered = JSON.parse(sessionStorage.getItem('playground.remembered') ?? '{}');
  /** @type {User[]} */
  let users = [];
  /** @type {Step | undefined} */
  let current;
  const sendAsPage = window.fetch.bind(window);

  // The editor is reachable from outside only when Monaco is told to be, before it starts.
  /** @type {Record<string, unknown>} */
  let monacoEnvironment = {};
  Object.defineProperty(self, 'MonacoEnvironment', {
    get: () => monacoEnvironment,
    set: (value) => {
      monacoEnvironment = { ...value, globalAPI: true };
    },
  });

  const remember = (/** @type {string} */ name, /** @type {string} */ value) => {
    remembered[name] = value;
    sessionStorage.setItem('playground.remembered', JSON.stringify(remembered));
  };

  const fill = (/** @type {unknown} */ variables) =>
    JSON.parse(
      JSON.stringify(variables).replace(/\{\{(\w+)\}\}/g, (whole, name) =>
        name in remembered ? JSON.stringify(remembered[name]).slice(1, -1) : whole,
      ),
    );

  const showWho = () => {
    const user = users.find((one) => one.id === select.value);
    find('demo-who').textContent = user ? `${user.roles.join(', ')} · ${user.organization.name}` : '';
  };

  const chooseUser = (/** @type {string} */ id) => {
    select.value = id;
    sessionStorage.setItem('playground.user', id);
    showWho();
  };

  const showStep = () => {
    for (const button of find('steps').querySelectorAll('button')) {
      if (button.dataset.step === current?.id) button.setAttribute('aria-current', 'step');
      else button.removeAttribute('aria-current');
    }
    find('step-note').textContent = current?.note ?? '';
    const links = find('step-links');
    links.textContent = '';
    const offer = (/** @type {string | undefined} */ href, /** @type {string} */ text) => {
      if (href === undefined) return;
      const link = document.createElement('a');
      Object.assign(link, { href, textContent: text, target: '_blank' });
      links.append(link);
    };
    if (current?.id === 'connect') offer(remembered['authorizeUrl'], 'Open the authorization page');
    if (current?.id === 'recommend') offer(remembered['draftUrl'], 'Open the plan in Fullscript');
  };

  const write = (/** @type {string} */ file, /** @type {string} */ text) => {
    const models = /** @type {any} */ (window).monaco?.editor.getModels() ?? [];
    models.find((/** @type {any} */ model) => model.uri.path.endsWith(file))?.setValue(text);
  };

  const load = (/** @type {Step} */ step) => {
    current = step;
    chooseUser(step.userId);
    write('operation.graphql', step.query);
    const hasVariables = Object.keys(step.variables).length > 0;
    write('variables.json', hasVariables ? JSON.stringify(fill(step.variables), null, 2) : '');
    showStep();
  };

  for (const [index, step] of steps.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.step = step.id;
    button.dataset.testid = `step-${step.id}`;
    button.textContent = `${index + 1}. ${step.title}`;
    button.addEventListener('click', () => load(step));
    find('steps').append(button);
  }
  current = steps[0];
  showStep();

  // Back from the authorization page, which opened in another tab: the code and state of the answer.
  new BroadcastChannel('playground-connect').addEventListener('message', ({ data }) => {
    for (const name of ['code', 'state']) if (typeof data?.[name] === 'string') remember(name, data[name]);
    const step = steps.find((one) => one.id === 'complete-connect');
    if (step) load(step);
  });
  find('step-links').addEventListener('click', () => {
    if (current?.id === 'connect')
      document.cookie = 'connect-for=playground; path=/connected; max-age=600; samesite=lax';
  });

  const ready = sendAsPage('/demo/users.json')
    .then((response) => response.json())
    .then((/** @type {User[]} */ list) => {
      users = list;
      for (const user of users) select.append(new Option(user.name, user.id));
      chooseUser(sessionStorage.getItem('playground.user') ?? steps[0]?.userId ?? users[0]?.id ?? '');
    });
  select.addEventListener('change', () => chooseUser(select.value));

  const note = (/** @type {Record<string, any>} */ asked, /** @type {any} */ answer) => {
    const name = asked['operationName'] ?? /(?:query|mutation)\s+(\w+)/.exec(String(asked['query']))?.[1];
    const step = steps.find((one) => one.operationName === name);
    if (!step || answer?.errors || !answer?.data) return;
    for (const [key, path] of Object.entries(step.remembers)) {
      const value = path.split('.').reduce((/** @type {any} */ inside, part) => inside?.[part], answer.data);
      if (typeof value === 'string') remember(key, value);
    }
    find('steps').querySelector(`[data-step="${step.id}"]`)?.classList.add('done');
    showStep();
  };

  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).pathname !== '/graphql') return sendAsPage(request);
    await ready;
    const headers = new Headers(request.headers);
    const token = users.find((user) => user.id === select.value)?.token;
    if (token !== undefined && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
    // GraphiQL asks for a stream of events by GET.
    if (request.method !== 'POST') return sendAsPage(new Request(request, { headers }));
    const body = await request.json();
    const response = await sendAsPage(request.url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...body, ...(body.variables ? { variables: fill(body.variables) } : {}) }),
      signal: request.signal,
    });
    void response
      .clone()
      .json()
      .then((answer) => note(body, answer))
      .catch(() => undefined);
    return response;
  };
})();
