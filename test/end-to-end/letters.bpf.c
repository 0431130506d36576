// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads headers in which one and the same letter stands wherever two of them may differ: in both
 * MACs and both IPv6 addresses. A header with two letters in it is torn.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>

#include <bpf/bpf_helpers.h>

#define TORN 0

struct tunnel {
	struct ethhdr ethernet;
	struct ipv6hdr ipv6;
} __attribute__((packed));

/* Frames by letter. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, __u64);
} frames SEC(".maps");

static __always_inline __u8 differing(const void *bytes, __u32 length, __u8 letter)
{
	__u8 difference = 0;

	for (__u32 at = 0; at < length; at++)
		difference |= ((const __u8 *)bytes)[at] ^ letter;
	return difference;
}

SEC("xdp.frags")
int read_letters(struct xdp_md *ctx)
{
	struct tunnel *tunnel = (void *)(long)ctx->data;
	__u32 letter = TORN;
	__u64 *count;

	if ((void *)(tunnel + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	if (!differing(&tunnel->ethernet, 2 * ETH_ALEN, tunnel->ethernet.h_dest[0]) &&
	    !differing(&tunnel->ipv6.saddr, 2 * sizeof(struct in6_addr),
		       tunnel->ethernet.h_dest[0]))
		letter = tunnel->ethernet.h_dest[0];

	count = bpf_map_lookup_elem(&frames, &letter);
	if (count)
		*count += 1;
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
