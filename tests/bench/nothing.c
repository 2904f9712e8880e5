/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that does nothing: what a process costs before it has done anything. It is the floor
 * for `state`, and the workload (/bin/true) of every container that is measured.
 */
int main(void)
{
	return 0;
}
