// SPDX-License-Identifier: GPL-2.0-only
/* Something of every kind that the native door opens; compile.ts builds it when tests run. */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

const volatile __u32 answer = 2;
const volatile bool loud = false;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} runs SEC(".maps");

struct row_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct row_table);
} tables SEC(".maps") = {
	.values = { [0] = &rows },
};

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

static __always_inline void count(__u32 which)
{
	__u32 *packets = bpf_map_lookup_elem(&runs, &which);

	if (packets)
		(*packets)++;
}

/* Counts, and returns what it was told to. */
SEC("xdp")
int reply(struct xdp_md *ctx)
{
	(void)ctx;
	count(loud);
	return answer;
}

/* Writes one row of the table at index 1, and reads the next. */
SEC("xdp")
int touch(struct xdp_md *ctx)
{
	__u32 first = 0, second = 1;
	void *table = bpf_map_lookup_elem(&tables, &second);
	__u64 *row;

	(void)ctx;
	if (!table)
		return -1;
	row = bpf_map_lookup_elem(table, &first);
	if (row)
		*row = 0x1122334455667788;
	row = bpf_map_lookup_elem(table, &second);
	return row ? *row : -1;
}

/* Puts the first four bytes of the packet into the ring, and four more in front of it. */
SEC("xdp")
int record(struct xdp_md *ctx)
{
	__u32 *data = (void *)(long)ctx->data, first;

	if ((void *)(data + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	first = *data;
	bpf_ringbuf_output(&records, &first, sizeof(first), 0);
	return bpf_xdp_adjust_head(ctx, -4) ? XDP_ABORTED : XDP_TX;
}

char _license[] SEC("license") = "GPL";
