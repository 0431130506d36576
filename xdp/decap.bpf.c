// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend's side: takes the tunnel off and gives the client's packet to the local stack, where
 * the VIP is an address of the loopback interface. For hosts without the kernel's tunnel devices.
 */
#include "parse.h"
#include "verdict.h"

#define GRE_KEY 0x2000
#define GRE_IGNORED 0x03f8 /* reserved bits that a receiver ignores, RFC 2784 2.3 */
#define GENEVE_VERSION 0xc0
#define GENEVE_OPTION_WORDS 0x3f
#define GENEVE_CONTROL_OR_CRITICAL 0xc0
#define ETH_P_BRIDGED 0x6558 /* an Ethernet frame inside */
#define MAX_LINK_HEADER 22 /* Ethernet and two tags */
#define ECN_MASK 3
#define ECN_CE 3
#define ECN_ECT_1 1
#define ECN_ECT_0 2

const volatile __u16 geneve_port = 6081;

/* Tunnels are taken from these addresses alone: anybody can write a tunnel header. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct address);
	__type(value, __u8);
} sources SEC(".maps");

struct gre {
	__be16 flags;
	__be16 type;
	__be32 key;
};

struct geneve {
	__u8 version_and_option_words;
	__u8 flags;
	__be16 type;
	__be32 vni_and_reserved;
};

/* What is inside the tunnel, and where. */
struct inner {
	__u32 offset;
	__be16 type;
};

static __always_inline enum verdict open_gre(void *data, void *end, const struct packet *packet,
					     struct inner *inner)
{
	struct gre *gre = at(data, packet->transport_offset);

	/* With a key or without, the inner packet makes up for the eight bytes looked at. */
	if ((void *)(gre + 1) > end)
		return DROP_TRUNCATED;
	if (gre->flags & ~bpf_htons(GRE_KEY | GRE_IGNORED))
		return DROP_UNKNOWN_OPTION;
	inner->offset = packet->transport_offset + (gre->flags & bpf_htons(GRE_KEY) ? 8 : 4);
	inner->type = gre->type;
	return NEXT_STAGE;
}

static __always_inline enum verdict open_geneve(void *data, void *end,
						const struct packet *packet,
						struct inner *inner)
{
	struct geneve *geneve = at(data, packet->transport_offset + sizeof(struct udphdr));
	__u32 options;

	if ((void *)(geneve + 1) > end)
		return DROP_TRUNCATED;
	if (geneve->version_and_option_words & GENEVE_VERSION ||
	    geneve->flags & GENEVE_CONTROL_OR_CRITICAL)
		return DROP_UNKNOWN_OPTION;
	options = (geneve->version_and_option_words & GENEVE_OPTION_WORDS) * 4;
	inner->offset =
		packet->transport_offset + sizeof(struct udphdr) + sizeof(*geneve) + options;
	inner->type = geneve->type;

	if (inner->type == bpf_htons(ETH_P_BRIDGED)) {
		struct ethhdr *ethernet = at(data, inner->offset);

		if ((void *)(ethernet + 1) > end)
			return DROP_TRUNCATED;
		inner->offset += sizeof(*ethernet);
		inner->type = ethernet->h_proto;
	}
	return NEXT_STAGE;
}

static __always_inline bool is_geneve(const struct packet *packet)
{
	return packet->protocol == IPPROTO_UDP &&
	       packet->destination_port == bpf_htons(geneve_port);
}

static __always_inline enum verdict find_tunnel(struct xdp_md *ctx, struct packet *packet)
{
	/* What is malformed or a fragment may not be a tunnel at all: the host knows better. */
	if (parse_packet(ctx, packet) != NEXT_STAGE || packet->fragment)
		return PASS_NOT_TUNNEL;
	if (packet->protocol != IPPROTO_GRE && !is_geneve(packet))
		return PASS_NOT_TUNNEL;
	if (!bpf_map_lookup_elem(&sources, &packet->source))
		return DROP_UNKNOWN_SOURCE;
	return NEXT_STAGE;
}

static __always_inline enum verdict open_tunnel(struct xdp_md *ctx, struct packet *packet,
						struct inner *inner)
{
	void *data, *end;

	/* Ethernet padding goes first, lest an inner packet that was cut reach into it. */
	if (packet->padding && bpf_xdp_adjust_tail(ctx, -(int)packet->padding))
		return DROP_TRUNCATED;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;

	if (packet->protocol == IPPROTO_GRE)
		return open_gre(data, end, packet, inner);
	return open_geneve(data, end, packet, inner);
}

/* The inner ECN field after the outer one has been taken into account, RFC 6040 4.2. */
static __always_inline __u8 combine_ecn(__u8 inner, __u8 outer)
{
	if (outer == ECN_CE)
		return ECN_CE;
	if (outer == ECN_ECT_1 && inner == ECN_ECT_0)
		return ECN_ECT_1;
	return inner;
}

/* Changes the low byte of the header's first word and mends its checksum (RFC 1624 eqn. 3). */
static __always_inline void set_tos(struct iphdr *ip, __u8 tos)
{
	__u32 sum = (__u16)~ip->check + (__u16)~bpf_htons(ip->tos) + bpf_htons(tos);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = ~sum;
	ip->tos = tos;
}

static __always_inline enum verdict carry_congestion(struct xdp_md *ctx,
						     const struct packet *packet,
						     const struct inner *inner)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 outer_ecn = packet->traffic_class & ECN_MASK, inner_ecn, ecn;
	struct ipv6hdr *ipv6 = at(data, inner->offset);
	struct iphdr *ipv4 = at(data, inner->offset);

	if (inner->type == bpf_htons(ETH_P_IP)) {
		if ((void *)(ipv4 + 1) > end)
			return DROP_TRUNCATED;
		inner_ecn = ipv4->tos & ECN_MASK;
	} else if (inner->type == bpf_htons(ETH_P_IPV6)) {
		if ((void *)(ipv6 + 1) > end)
			return DROP_TRUNCATED;
		inner_ecn = ipv6->flow_lbl[0] >> 4 & ECN_MASK;
	} else {
		return DROP_UNKNOWN_PAYLOAD;
	}

	if (outer_ecn == ECN_CE && !inner_ecn)
		return DROP_ECN;
	ecn = combine_ecn(inner_ecn, outer_ecn);
	if (ecn == inner_ecn)
		return NEXT_STAGE;
	if (inner->type == bpf_htons(ETH_P_IP))
		set_tos(ipv4, (ipv4->tos & ~ECN_MASK) | ecn);
	else
		ipv6->flow_lbl[0] = (ipv6->flow_lbl[0] & ~(ECN_MASK << 4)) | ecn << 4;
	return NEXT_STAGE;
}

/* The link header moves up to the inner packet and gets its type; tags stay. */
static __always_inline enum verdict strip(struct xdp_md *ctx, const struct packet *packet,
					  const struct inner *inner)
{
	__u32 length = packet->network_offset;
	__u8 link[MAX_LINK_HEADER];

	if (bpf_xdp_load_bytes(ctx, 0, link, sizeof(link)))
		return DROP_TRUNCATED;
	if (bpf_xdp_adjust_head(ctx, inner->offset - length))
		return DROP_TRUNCATED;
	barrier_var(length);
	if (length < sizeof(struct ethhdr) || length > sizeof(link))
		return DROP_TRUNCATED;
	if (bpf_xdp_store_bytes(ctx, 0, link, length) ||
	    bpf_xdp_store_bytes(ctx, length - sizeof(inner->type), (void *)&inner->type,
				sizeof(inner->type)))
		return DROP_TRUNCATED;
	return DECAPSULATED;
}

SEC("xdp.frags")
int decapsulate(struct xdp_md *ctx)
{
	struct packet packet = {};
	struct inner inner = {};
	enum verdict verdict = parse_addresses(ctx, &packet);

	if (verdict == NEXT_STAGE)
		verdict = find_tunnel(ctx, &packet);
	if (verdict == NEXT_STAGE)
		verdict = open_tunnel(ctx, &packet, &inner);
	if (verdict == NEXT_STAGE)
		verdict = carry_congestion(ctx, &packet, &inner);
	if (verdict == NEXT_STAGE)
		verdict = strip(ctx, &packet, &inner);

	count_verdict(verdict);
	return action_of(verdict);
}

char _license[] SEC("license") = "GPL";
