/* SPDX-License-Identifier: GPL-2.0-only */
/* What the stages know of a packet. Values, not pointers: the packet moves under them. */
#pragma once

#include "bpf.h"
#include "tables.h"

struct packet {
	struct address source;
	struct address destination;
	__u32 length; /* of the IP packet, by its own header, bytes */
	__u32 network_offset; /* of the IP header in the frame: Ethernet and its tags */
	__u32 transport_offset; /* of the TCP, UDP or other header in the frame */
	__u32 padding; /* bytes of the frame after the IP packet */
	__u32 vip; /* index */
	__u32 backend; /* index */
	__u32 egress; /* ifindex */
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;
	__u8 traffic_class; /* DSCP and ECN */
	bool ipv6;
	bool may_fragment; /* an IPv4 packet without DF */
	bool fragment;
	bool syn; /* TCP: opens a connection */
	__u64 hash;
	struct vip *listener;
};

#define MAX_OFFSET 0x3fff /* beyond what tags, options and extension headers can add up to */

/*
 * A place in the packet. The mask changes no offset that occurs: kernels forget the bounds of a
 * 32-bit value that was spilled, and clang 19 drops a mask that it can see to be redundant.
 */
static __always_inline void *at(void *data, __u32 offset)
{
	barrier_var(offset);
	return data + (offset & MAX_OFFSET);
}

/* Index of an array of two by family, IPv4 and IPv6; the mask is there for the same reason. */
static __always_inline __u32 family(const struct packet *packet)
{
	__u32 index = packet->ipv6;

	barrier_var(index);
	return index & 1;
}
