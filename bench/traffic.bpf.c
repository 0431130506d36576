// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic to measure a program with, made in the kernel. What runs a program again and again, be
 * it by repeat count or as live frames, hands it the bytes that it left behind: here each packet
 * becomes what arrived before, but of another flow.
 */
#include "bpf.h"

/* The packet that `data_in` of the run holds. */
const volatile __u32 frame_length = 60;
const volatile __u64 ethernet_start; /* its bytes 0 to 7 */
const volatile __u64 ethernet_end; /* its bytes 6 to 13 */
const volatile bool ipv6 = false;
const volatile __be16 destination_port;

/* Flows differ in the low bits of the client's address and in its port; a power of two, less 1. */
const volatile __u32 flow_mask;
const volatile __u32 client_address; /* its last 32 bits, host byte order */

/* How far the empty program moves the head: as far as the program that it is compared to. */
const volatile __u32 growth;

#define VISITING_STEP 0x9e3779b1 /* odd, so that a power of two of flows is visited in full */

__u32 packets;

/* What the next packet of the run is handed to. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

/* Frames that came back over the wire. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} received SEC(".maps");

/*
 * What is loaded as one word is stored as one: a load across two recent stores would stall, which
 * no packet from a NIC does.
 */
static __always_inline bool renew(struct xdp_md *ctx)
{
	__u32 flow = packets++ * VISITING_STEP & flow_mask;
	__be32 client = bpf_htonl(client_address ^ flow);
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	void *ip = data + sizeof(struct ethhdr);
	__be32 *ports = ip + (ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));

	if ((void *)(ports + 1) > end)
		return false;
	if (ipv6)
		((struct ipv6hdr *)ip)->saddr.in6_u.u6_addr32[3] = client;
	else
		((struct iphdr *)ip)->saddr = client;
	*ports = bpf_htons(flow | 0x8000) | (__u32)destination_port << 16;
	*(__u64 *)data = ethernet_start;
	*(__u64 *)(data + 6) = ethernet_end;
	return true;
}

/* For BPF_PROG_TEST_RUN with a repeat count: undoes the last run, and runs `target`. */
SEC("xdp.frags")
int repeat(struct xdp_md *ctx)
{
	__u32 length = ctx->data_end - ctx->data;
	int grown;

	/* Or clang adds frame_length to a pointer, in 32 bits, which the verifier refuses. */
	barrier_var(length);
	grown = length - frame_length;
	if (grown && bpf_xdp_adjust_head(ctx, grown))
		return XDP_ABORTED;
	if (!renew(ctx))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

/* For BPF_F_TEST_XDP_LIVE_FRAMES, which resets the frame's bounds itself. */
SEC("xdp.frags")
int send(struct xdp_md *ctx)
{
	return renew(ctx) ? XDP_TX : XDP_ABORTED;
}

SEC("xdp.frags")
int receive(struct xdp_md *ctx __attribute__((unused)))
{
	__u64 *frames = bpf_map_lookup_elem(&received, &(__u32){ 0 });

	if (frames)
		*frames += 1;
	return XDP_DROP;
}

/* The floor: does nothing but what no encapsulating program can do without. */
SEC("xdp.frags")
int move_head(struct xdp_md *ctx)
{
	if (growth && bpf_xdp_adjust_head(ctx, -(int)growth))
		return XDP_ABORTED;
	return XDP_TX;
}

SEC("xdp.frags")
int reflect(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";
