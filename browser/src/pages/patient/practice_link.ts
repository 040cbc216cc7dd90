/** On a practice's own link: remembers the key printed in it, before any booking there. */
import { pinLink } from '../../usecases/keep';

const slug = /\/p\/([^/]+)\/?$/.exec(location.pathname)?.[1];
const fingerprint = /^#k=([A-Za-z0-9_-]{27})$/.exec(location.hash)?.[1];
if (slug !== undefined && fingerprint !== undefined) pinLink(decodeURIComponent(slug), fingerprint);
