/** On a practice's own link: remembers the key printed in it, before any booking there; a link that was cut short says so. */
import { pinLink } from '../../usecases/keep';

const slug = /\/p\/([^/]+)\/?$/.exec(location.pathname)?.[1];
const fingerprint = /^#k=([A-Za-z0-9_-]{27})$/.exec(location.hash)?.[1];
if (slug !== undefined && fingerprint !== undefined) pinLink(decodeURIComponent(slug), fingerprint);
// Going on as if there had been no key would make of the door's code a first meeting.
else if (location.hash.startsWith('#k')) document.getElementById('link-cut')?.removeAttribute('hidden');
