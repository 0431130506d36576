/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1: what the packet says. parse_addresses() reads no more than it takes to know whether the
 * packet is for a VIP; whatever else is wrong with it is its receiver's business, and
 * parse_packet() looks only when the receiver is us.
 */
#pragma once

#include "packet.h"

#define MAX_TAGS 2
#define MAX_EXTENSION_HEADERS 6
#define SHORTEST_HEADER 5 /* IPv4 and TCP, in 32-bit words, as ihl and doff count */
#define IPV4_DF 0x4000
#define IPV4_FRAGMENT 0x3fff /* more fragments, or an offset */
#define IPV6_FRAGMENT 0xfff9 /* the same; an atomic fragment has neither (RFC 6946) */

struct vlan_tag {
	__be16 identifier;
	__be16 type; /* of what follows */
};

static __always_inline void map_ipv4(struct address *address, __be32 ipv4)
{
	address->word[0] = 0;
	address->word[1] = 0;
	address->word[2] = bpf_htonl(0xffff);
	address->word[3] = ipv4;
}

static __always_inline enum verdict parse_addresses(struct xdp_md *ctx, struct packet *packet)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	__u32 offset = sizeof(*ethernet);
	__be16 type;

	if ((void *)(ethernet + 1) > end)
		return PASS_NOT_IP;
	type = ethernet->h_proto;

	for (int i = 0; i < MAX_TAGS; i++) {
		struct vlan_tag *tag = data + offset;

		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(tag + 1) > end)
			return PASS_NOT_IP;
		type = tag->type;
		offset += sizeof(*tag);
	}
	packet->network_offset = offset;

	if (type == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = data + offset;

		if ((void *)(ip + 1) > end)
			return PASS_NOT_IP;
		map_ipv4(&packet->source, ip->saddr);
		map_ipv4(&packet->destination, ip->daddr);
		packet->ipv6 = false;
		return NEXT_STAGE;
	}

	if (type == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = data + offset;

		if ((void *)(ip + 1) > end)
			return PASS_NOT_IP;
		__builtin_memcpy(&packet->source, &ip->saddr, sizeof(struct address));
		__builtin_memcpy(&packet->destination, &ip->daddr, sizeof(struct address));
		packet->ipv6 = true;
		return NEXT_STAGE;
	}

	return PASS_NOT_IP;
}

static __always_inline enum verdict parse_ipv4(void *data, void *end, struct packet *packet)
{
	struct iphdr *ip = at(data, packet->network_offset);

	if ((void *)(ip + 1) > end)
		return DROP_TRUNCATED;
	if (ip->version != 4)
		return DROP_BAD_VERSION;
	if (ip->ihl < SHORTEST_HEADER)
		return DROP_BAD_HEADER_LENGTH;
	if (!ip->ttl)
		return DROP_TTL_ZERO;

	packet->length = bpf_ntohs(ip->tot_len);
	packet->transport_offset = packet->network_offset + ip->ihl * 4;
	packet->protocol = ip->protocol;
	packet->traffic_class = ip->tos;
	packet->may_fragment = !(ip->frag_off & bpf_htons(IPV4_DF));
	packet->fragment = ip->frag_off & bpf_htons(IPV4_FRAGMENT);
	return NEXT_STAGE;
}

struct extension_header {
	__u8 next;
	__u8 length; /* in 8 bytes after the first 8; AH: in 4 bytes after the first 8 */
	__be16 fragment_offset; /* of a fragment header */
	__be32 rest;
};

/* Leaves packet->protocol at what the walk ends with, be it a transport header or the bound. */
static __always_inline enum verdict skip_extension_headers(void *data, void *end,
							   struct packet *packet)
{
	for (int i = 0; i <= MAX_EXTENSION_HEADERS; i++) {
		struct extension_header *header = at(data, packet->transport_offset);
		__u32 length;

		switch (packet->protocol) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_FRAGMENT:
		case IPPROTO_AH:
			break;
		default:
			return NEXT_STAGE;
		}
		if ((void *)(header + 1) > end)
			return DROP_TRUNCATED;

		length = header->length * 8 + 8;
		if (packet->protocol == IPPROTO_AH)
			length = header->length * 4 + 8;
		if (packet->protocol == IPPROTO_FRAGMENT) {
			length = sizeof(*header);
			packet->fragment = header->fragment_offset & bpf_htons(IPV6_FRAGMENT);
		}
		packet->protocol = header->next;
		packet->transport_offset += length;
		if (packet->fragment)
			return NEXT_STAGE;
	}
	return DROP_EXTENSION_HEADERS;
}

static __always_inline enum verdict parse_ipv6(void *data, void *end, struct packet *packet)
{
	struct ipv6hdr *ip = at(data, packet->network_offset);

	if ((void *)(ip + 1) > end)
		return DROP_TRUNCATED;
	if (ip->version != 6)
		return DROP_BAD_VERSION;
	if (!ip->hop_limit)
		return DROP_TTL_ZERO;

	packet->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	packet->transport_offset = packet->network_offset + sizeof(*ip);
	packet->protocol = ip->nexthdr;
	packet->traffic_class = ip->priority << 4 | ip->flow_lbl[0] >> 4;
	packet->may_fragment = false;
	packet->fragment = false;
	return skip_extension_headers(data, end, packet);
}

/* Bytes from the transport header to the end of the packet, by the IP header; negative if none. */
static __always_inline int transport_length(const struct packet *packet)
{
	return packet->network_offset + packet->length - packet->transport_offset;
}

static __always_inline enum verdict parse_tcp(void *data, void *end, struct packet *packet)
{
	struct tcphdr *tcp = at(data, packet->transport_offset);
	int length = transport_length(packet);

	if (length < (int)sizeof(*tcp))
		return DROP_BAD_LENGTH;
	if ((void *)(tcp + 1) > end)
		return DROP_TRUNCATED;
	if (tcp->doff < SHORTEST_HEADER)
		return DROP_BAD_HEADER_LENGTH;
	if (length < tcp->doff * 4)
		return DROP_BAD_LENGTH;

	packet->source_port = tcp->source;
	packet->destination_port = tcp->dest;
	packet->syn = tcp->syn && !tcp->ack && !tcp->rst && !tcp->fin;
	return NEXT_STAGE;
}

static __always_inline enum verdict parse_udp(void *data, void *end, struct packet *packet)
{
	struct udphdr *udp = at(data, packet->transport_offset);
	int length = transport_length(packet);

	if (length < (int)sizeof(*udp))
		return DROP_BAD_LENGTH;
	if ((void *)(udp + 1) > end)
		return DROP_TRUNCATED;
	if (bpf_ntohs(udp->len) < sizeof(*udp) || bpf_ntohs(udp->len) > length)
		return DROP_BAD_LENGTH;

	packet->source_port = udp->source;
	packet->destination_port = udp->dest;
	return NEXT_STAGE;
}

/*
 * The frame holds all of the packet; what it holds beyond is Ethernet padding. Other buffers than
 * the first are asked for only where they can matter, which saves some 10 ns: padding that begins
 * exactly at the second one is carried along unseen, for receivers to ignore.
 */
static __always_inline enum verdict measure(struct xdp_md *ctx, struct packet *packet)
{
	__u32 needed = packet->network_offset + packet->length;
	__u32 frame = ctx->data_end - ctx->data;

	if (transport_length(packet) < 0)
		return DROP_BAD_LENGTH;
	if (needed != frame)
		frame = bpf_xdp_get_buff_len(ctx);
	if (needed > frame)
		return DROP_TRUNCATED;

	packet->padding = frame - needed;
	return NEXT_STAGE;
}

static __always_inline enum verdict parse_packet(struct xdp_md *ctx, struct packet *packet)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	enum verdict verdict =
		packet->ipv6 ? parse_ipv6(data, end, packet) : parse_ipv4(data, end, packet);

	if (verdict == NEXT_STAGE)
		verdict = measure(ctx, packet);
	if (verdict != NEXT_STAGE || packet->fragment)
		return verdict;
	if (packet->protocol == IPPROTO_TCP)
		return parse_tcp(data, end, packet);
	if (packet->protocol == IPPROTO_UDP)
		return parse_udp(data, end, packet);
	return NEXT_STAGE;
}
