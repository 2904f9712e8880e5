/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/match.h"

#include <errno.h>
#include <regex.h>

#include "spec/error.h"

typedef int act_fn(const char *root, const char *id, const void *data, struct error *err);

static int compile(regex_t *regex, const char *pattern, struct error *err)
{
	char reason[128];
	int code = regcomp(regex, pattern, REG_EXTENDED | REG_NOSUB);

	if (code == 0)
		return 0;
	regerror(code, regex, reason, sizeof reason);
	return error_set(err, EINVAL, "--regex: %s", reason);
}

static int act_on_matches(const char *root, const regex_t *regex, const struct container_list *list,
			  act_fn *act, const void *data, struct error *err)
{
	size_t matched = 0, failed = 0;
	const char *culprit = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const char *id = list->at[i].id;
		struct error failure;
		int result;

		if (regexec(regex, id, 0, NULL, 0) != 0)
			continue;
		matched++;
		result = act(root, id, data, &failure);
		if (result >= 0 || result == -ENOENT)
			continue;
		if (failed++ == 0) {
			*err = failure;
			culprit = id;
		}
	}
	if (matched == 0)
		return error_set(err, ENOENT, "--regex: no container has an id that matches");
	if (failed > 1)
		return error_wrap(err, "%zu of %zu containers failed, the first %s", failed,
				  matched, culprit);
	return failed ? error_wrap(err, "%s", culprit) : 0;
}

int match_each(const char *root, const char *pattern, act_fn *act, const void *data,
	       struct error *err)
{
	struct container_list list;
	regex_t regex;
	int result;

	if (compile(&regex, pattern, err) < 0)
		return -err->code;
	result = container_list(root, &list, err);
	if (result == 0) {
		result = act_on_matches(root, &regex, &list, act, data, err);
		container_list_finish(&list);
	}
	regfree(&regex);
	return result;
}
