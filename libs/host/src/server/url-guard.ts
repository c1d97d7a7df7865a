import { VisionError } from '@fovea/contracts';
import ipaddr from 'ipaddr.js';
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Which addresses URL inputs may reach besides public ones: networks (10.0.0.0/8), addresses, host names. */
export class UrlGuard {
  private readonly hosts = new Set<string>();
  private readonly networks: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];

  /** @param allow FOVEA_URL_ALLOW */
  constructor(allow: readonly string[]) {
    for (const entry of allow) {
      if (ipaddr.isValidCIDR(entry)) this.networks.push(ipaddr.parseCIDR(entry));
      else if (ipaddr.isValid(entry))
        this.networks.push([ipaddr.parse(entry), ipaddr.parse(entry).kind() === 'ipv4' ? 32 : 128]);
      else this.hosts.add(entry.toLowerCase());
    }
  }

  /** Checks what can be seen before connecting. @throws URL_REFUSED */
  check(url: URL): void {
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new VisionError('URL_REFUSED', `${url.protocol}// is not fetched, only http and https`);
    if (url.username !== '' || url.password !== '')
      throw new VisionError('URL_REFUSED', 'a URL with a user name or password is not fetched');
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (ipaddr.isValid(host)) this.checkAddress(host, host);
  }

  /** @throws URL_REFUSED when an address is neither public nor allowed */
  checkAddress(address: string, host: string): void {
    if (this.hosts.has(host.toLowerCase())) return;
    const parsed = ipaddr.process(address); // IPv4-mapped IPv6 becomes IPv4
    for (const [network, bits] of this.networks)
      if (network.kind() === parsed.kind() && parsed.match(network as never, bits)) return;
    if (parsed.range() === 'unicast') return;
    throw new VisionError('URL_REFUSED', `${host} is not a public address (${parsed.range()})`);
  }

  /**
   * DNS lookup for the connection itself: the address that was checked is the address that is connected to,
   * so a name cannot change its mind between check and use (DNS rebinding).
   */
  readonly lookup: LookupFunction = (host, options, callback) => {
    dnsLookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '', 0);
      try {
        for (const { address } of addresses) this.checkAddress(address, host);
      } catch (refused) {
        return callback(refused as NodeJS.ErrnoException, '', 0);
      }
      const [first] = addresses;
      if (!first)
        return callback(Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), '', 0);
      if (options.all) return callback(null, addresses as never);
      return callback(null, first.address, first.family);
    });
  };
}
