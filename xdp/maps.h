/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps, one line of purpose each. Sizes given as 1 are set from the node file's
 * capacities before the maps are created.
 */
#pragma once

#include "bpf.h"
#include "tables.h"

/* Address -> what listens there. A packet that is not for us costs this one lookup. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct address);
	__type(value, struct address_record);
} addresses SEC(".maps");

/* Address, port and protocol -> the VIP's table, policy and counters. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct vip_key);
	__type(value, struct vip);
} vips SEC(".maps");

/* The rows of one table, written in place through a memory mapping. This one has no backend. */
struct rows {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct row);
} rows SEC(".maps");

/* Table -> its rows. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct rows);
} tables SEC(".maps") = {
	.values = { [0] = &rows },
};

/* Backend index -> its tunnel headers. Index 0 is nobody. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct backend);
} backends SEC(".maps");

/* Egress ifindex -> device, for backends that are not behind the interface a packet came in by. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} egress SEC(".maps");

/* What the program must know of its host. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct node);
} node SEC(".maps");

/* Packets, bytes and new flows by VIP index. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vip_traffic);
} vip_traffic SEC(".maps");

/* Packets, bytes and strays by backend index. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct backend_traffic);
} backend_traffic SEC(".maps");

/* First-seen faults, for the daemon's log. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");
