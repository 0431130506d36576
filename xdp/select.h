/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 3: which backend takes this flow? Arithmetic alone: a settled row needs no memory of it. */
#pragma once

#include "hash.h"
#include "maps.h"

static __always_inline enum verdict select_backend(struct packet *packet)
{
	struct vip *vip = packet->listener;
	struct row *row = NULL;
	void *table;
	__u32 index;

	if (packet->fragment && vip->hash == HASH_5_TUPLE)
		return DROP_FRAGMENT;

	packet->hash = hash_flow(packet, vip->hash);
	index = packet->hash & vip->row_mask;
	table = bpf_map_lookup_elem(&tables, &vip->table);
	if (table)
		row = bpf_map_lookup_elem(table, &index);
	if (!row || !row->now)
		return DROP_NO_BACKEND;

	packet->backend = row->now;
	return NEXT_STAGE;
}
