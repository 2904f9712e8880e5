/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables.
 */
#include "runtime/output.h"

#include "tests/unit/runtime/runtime_fixture.h"

#define TABLE(rows, columns, expected, ...)                                                        \
	do {                                                                                       \
		char text[256] = "";                                                               \
		FILE *out = fmemopen(text, sizeof text, "w");                                      \
                                                                                                   \
		output_table((const char *const[]){__VA_ARGS__}, rows, columns, out);              \
		fclose(out);                                                                       \
		cr_expect_str_eq(text, expected);                                                  \
	} while (0)

Test(output, columns_are_as_wide_as_their_widest_cell)
{
	TABLE(3, 3,
	      "ID     PID       STATUS\n"
	      "a      1         running\n"
	      "long   1234567   x\n",
	      "ID", "PID", "STATUS", "a", "1", "running", "long", "1234567", "x");
}

Test(output, titles_alone)
{
	TABLE(1, 2, "ID   OWNER\n", "ID", "OWNER");
	TABLE(1, 1, "ID\n", "ID");
	TABLE(0, 2, "", NULL);
}

Test(output, cells_may_be_empty)
{
	TABLE(2, 2, "A   B\n    \n", "A", "B", "", "");
}

Test(output, a_terminal_obeys_nothing)
{
	TABLE(2, 2,
	      "PATH              X\n"
	      "/a\\x1b[31m\\x0ab   y\\xff\n",
	      "PATH", "X", "/a\033[31m\nb", "y\xff");
}

Test(output, width_is_counted_in_characters)
{
	TABLE(2, 2,
	      "PATH   X\n"
	      "äöü€   y\n",
	      "PATH", "X", "äöü€", "y");
}
