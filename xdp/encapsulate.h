/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 4: the backend's header goes in front of the packet. The header is data that the control
 * plane made; here it gets what only the packet knows: lengths, DSCP and ECN (RFC 6040 normal
 * mode), the inner type, and the flow's entropy.
 */
#pragma once

#include "maps.h"
#include "packet.h"

#define OUTER_PORTS 0xc000 /* 49152 to 65535, RFC 8926 3.3 */
#define OUTER_PORT_MASK 0x3fff
#define FLOW_LABEL_MASK 0xfffff

/* Bits of the hash that do not pick the row. */
static __always_inline __u32 entropy(const struct packet *packet)
{
	return packet->hash >> 40;
}

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static __always_inline void finish_ipv4(struct iphdr *ip, __u16 length, __u16 checksum,
					const struct packet *packet)
{
	ip->tos = packet->traffic_class;
	ip->tot_len = bpf_htons(length);
	ip->id = packet->may_fragment ? bpf_get_prandom_u32() : 0;
	ip->frag_off = packet->may_fragment ? 0 : bpf_htons(IPV4_DF);
	ip->check = ~fold(checksum + bpf_htons(packet->traffic_class) + ip->tot_len + ip->id +
			  ip->frag_off);
}

/* The flow label carries the flow's entropy, for routers that look no deeper (RFC 6438). */
static __always_inline void finish_ipv6(struct ipv6hdr *ip, __u16 length,
					const struct packet *packet)
{
	__be32 *first_word = (__be32 *)ip;

	*first_word = bpf_htonl(6 << 28 | packet->traffic_class << 20 |
				(entropy(packet) & FLOW_LABEL_MASK));
	ip->payload_len = bpf_htons(length - sizeof(*ip));
}

/* Checksum 0 stays, over IPv6 too (RFC 6935, 6936): the inner packet has its own. */
static __always_inline void finish_udp(struct udphdr *udp, __u16 length,
				       const struct packet *packet)
{
	udp->source = bpf_htons(OUTER_PORTS | (entropy(packet) & OUTER_PORT_MASK));
	udp->len = bpf_htons(length);
}

#define CHUNK 32 /* bytes; no header is shorter */

static __always_inline bool copy_chunk(__u64 *to, const __u64 *from, void *end)
{
	if ((void *)to + CHUNK > end)
		return false;
	for (int i = 0; i < CHUNK / 8; i++)
		to[i] = from[i];
	return true;
}

/*
 * Inline and in 64-bit words: bpf_xdp_store_bytes() is calls within calls, and what a call costs is
 * most of what this program costs. The last chunk overlaps the one before it.
 */
static __always_inline bool copy_header(struct xdp_md *ctx, const struct header *header)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const void *bytes = header->bytes;
	__u64 last = header->length - CHUNK;

	barrier_var(last);
	if (last > MAX_HEADER - CHUNK || !copy_chunk(data, bytes, end))
		return false;
	for (__u32 offset = CHUNK; offset < MAX_HEADER - CHUNK; offset += CHUNK)
		if (last > offset && !copy_chunk(data + offset, bytes + offset, end))
			return false;
	return copy_chunk(data + last, bytes + last, end);
}

/* Makes room for the header and copies it in. */
static __always_inline enum verdict prepend(struct xdp_md *ctx, const struct header *header,
					    const struct packet *packet)
{
	if (packet->padding && bpf_xdp_adjust_tail(ctx, -(int)packet->padding))
		return DROP_BAD_LENGTH;
	if (bpf_xdp_adjust_head(ctx, (int)packet->network_offset - header->length))
		return DROP_NO_HEADROOM;
	return copy_header(ctx, header) ? NEXT_STAGE : DROP_TRUNCATED;
}

/* Writes into the copied header what this packet decides. */
static __always_inline enum verdict finish(struct xdp_md *ctx, const struct header *header,
					   const struct packet *packet)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__be16 *inner_type = at(data, header->inner_type_offset);
	void *outer = at(data, header->network_offset);
	__u16 length = header->length - header->network_offset + packet->length;
	__u32 network_length = 0;

	if ((void *)(inner_type + 1) > end)
		return DROP_TRUNCATED;
	*inner_type = header->inner_type[family(packet)];

	if (header->kind & HEADER_OUTER_IPV4) {
		struct iphdr *ip = outer;

		if ((void *)(ip + 1) > end)
			return DROP_TRUNCATED;
		finish_ipv4(ip, length, header->checksum[family(packet)], packet);
		network_length = sizeof(*ip);
	} else if (header->kind & HEADER_OUTER_IPV6) {
		struct ipv6hdr *ip = outer;

		if ((void *)(ip + 1) > end)
			return DROP_TRUNCATED;
		finish_ipv6(ip, length, packet);
		network_length = sizeof(*ip);
	}

	if (header->kind & HEADER_OUTER_UDP) {
		struct udphdr *udp = outer + network_length;

		if ((void *)(udp + 1) > end)
			return DROP_TRUNCATED;
		finish_udp(udp, length - network_length, packet);
	}
	return NEXT_STAGE;
}

static __always_inline enum verdict encapsulate(struct xdp_md *ctx, struct packet *packet)
{
	struct backend *backend = bpf_map_lookup_elem(&backends, &packet->backend);
	const struct header *header;
	enum verdict verdict;

	if (!backend)
		return DROP_NO_BACKEND;
	header = &backend->headers[backend->selected & 1];
	if (!header->length)
		return DROP_NO_NEXT_HOP;
	if (packet->length > header->largest)
		return DROP_TOO_BIG;
	packet->egress = header->egress;

	verdict = prepend(ctx, header, packet);
	if (verdict == NEXT_STAGE)
		verdict = finish(ctx, header, packet);
	if (verdict == NEXT_STAGE)
		verdict = packet->syn ? FORWARDED_SYN : FORWARDED;
	return verdict;
}
