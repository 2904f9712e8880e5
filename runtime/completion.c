/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scripts by which bash, zsh and fish complete a command line of kist. They are made of the tables
 * by which kist parses one, so a new command, option or word is completed at once. What the
 * argument of an option or of a command stands for is told by its name in --help: DIR, FILE, ID,
 * SIGNAL.
 */
#include <errno.h>
#include <string.h>

#include "runtime/command.h"
#include "spec/error.h"

enum { BASH, ZSH, FISH, SHELL_COUNT };

/* How each shell completes an argument of one kind. */
struct subject {
	const char *argument;
	const char *actions[SHELL_COUNT];
};

/* clang-format off */
static const struct subject subjects[] = {
	{"DIR", {"_kist_files -d", "_files -/", "-x -a '(__fish_complete_directories)'"}},
	{"FILE", {"_kist_files -f", "_files", "-r -F"}},
	{"PATH", {"_kist_files -f", "_files", "-r -F"}},
	{"ID", {"_kist_ids", "_kist_ids", "-a '(__kist_ids)'"}},
	{"BOOL", {"_kist_words true false auto", "(true false auto)", "-x -a 'true false auto'"}},
	{"CAP_NAME",
	 {"_kist_words $_kist_capabilities", "_kist_capabilities", "-x -a '$__kist_capabilities'"}},
	{"SIGNAL", {"_kist_words $_kist_signals", "_kist_signals", "-a '$__kist_signals'"}},
	{"COMMAND", {"_kist_words $_kist_commands", "_kist_commands", "-a '$__kist_commands'"}},
	{"SHELL", {"_kist_words bash zsh fish", "(bash zsh fish)", "-a 'bash zsh fish'"}},
	{"add|remove", {"_kist_words add remove", "(add remove)", "-a 'add remove'"}},
	/* The last row is for any other argument, of which nothing is known. */
	{NULL, {":", " ", "-x"}},
};
/* clang-format on */

static const char *find_action(const char *argument, int shell)
{
	const struct subject *subject = subjects;

	while (subject->argument && strcmp(subject->argument, argument) != 0)
		subject++;
	return subject->actions[shell];
}

/* Copy the next word of a command's usage, without its brackets.
 *
 * Return: false when there is none left, or when the words that follow are another program's */
static bool next_word(const char **usage, char *word, size_t size)
{
	do {
		const char *from = *usage + strspn(*usage, " [");
		size_t length = strcspn(from, " ].");

		snprintf(word, size, "%.*s", (int)length, from);
		*usage = from + length + strspn(from + length, "].");
	} while (strcmp(word, "OPTION") == 0);
	return *word && strcmp(word, "--") != 0;
}

static void print_words(const struct words *words, size_t skip)
{
	for (size_t i = 0; i < words->count; i++)
		printf("%s%s", i ? " " : "", words->at[i].name + skip);
}

static void print_signals(void)
{
	print_words(&signal_words, strlen("SIG"));
}

static void print_capabilities(void)
{
	print_words(&capability_words, 0);
}

static void print_commands(void)
{
	for (size_t i = 0; i < command_count; i++)
		printf("%s%s", i ? " " : "", commands[i].name);
}

/* Call print for each command, and first for one without a name: the options that stand before a
 * command's name are kist's own. */
static void each_command(void (*print)(const struct command *command))
{
	const struct command none = {.name = "", .options = global_options};

	print(&none);
	for (size_t i = 0; i < command_count; i++)
		print(&commands[i]);
}

static void each_position(void (*print)(const struct command *command, int position,
					const char *argument))
{
	for (size_t i = 0; i < command_count; i++) {
		const char *usage = commands[i].usage;
		char word[32];

		for (int position = 1; next_word(&usage, word, sizeof word); position++)
			print(&commands[i], position, word);
	}
}

static void bash_options(const struct command *command)
{
	const struct options *options = &command->options;
	const char *name = command->name;

	printf("\t%s) action='_kist_words", *name ? name : "''");
	for (size_t i = 0; i < options->count; i++) {
		printf(" --%s", options->at[i].name);
		if (options->at[i].letter)
			printf(" -%c", options->at[i].letter);
	}
	printf("' ;;\n");
}

static void bash_arguments(const struct command *command)
{
	const struct options *options = &command->options;
	const char *name = command->name;

	for (size_t i = 0; i < options->count; i++) {
		const struct option *option = &options->at[i];

		if (option->kind == OPTION_FLAG)
			continue;
		printf("\t%s:--%s | %s:-%s", name, option->name, name, option->name);
		if (option->letter)
			printf(" | %s:-%c", name, option->letter);
		printf(") action='");
		if (option->words.count) {
			printf("_kist_words ");
			print_words(&option->words, 0);
		} else {
			printf("%s", find_action(option->argument, BASH));
		}
		printf("' ;;\n");
	}
}

/* Print at which word the options of a command end, because the words from there on are another
 * program's. */
static void bash_end(const struct command *command)
{
	if (command->words)
		printf("\t%s:%d) ;;\n", command->name, command->words + 1);
}

static void bash_position(const struct command *command, int position, const char *argument)
{
	printf("\t%s:%d) action=\"%s\" ;;\n", command->name, position, find_action(argument, BASH));
}

/* This part of the script reads the command line up to the cursor, and calls the function that
 * completes the next word. */
static const char bash_function[] =
	"_kist()\n{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} command= position=1 expected= joined= "
	"ended=\n"
	"\tlocal action=: word i\n"
	"\tlocal -a root=()\n\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tif [[ $word == = ]]; then\n"
	"\t\t\tjoined=1\n"
	"\t\telif [[ $expected ]]; then\n"
	"\t\t\t[[ $expected == *-root ]] && root=(--root \"$(_kist_expand \"$word\")\")\n"
	"\t\t\texpected= joined=\n"
	"\t\telif [[ $joined ]]; then\n"
	"\t\t\tjoined=\n"
	"\t\telif [[ $word == -- && ! $ended ]]; then\n"
	"\t\t\tended=1\n"
	"\t\telif [[ $word == -?* && ! $ended ]]; then\n"
	"\t\t\t_kist_argument \"$command\" \"$word\" && expected=$word\n"
	"\t\telif [[ ! $command ]]; then\n"
	"\t\t\tcommand=$word ended=\n"
	"\t\telse\n"
	"\t\t\t((position++))\n"
	"\t\t\t_kist_ends \"$command\" \"$position\" && ended=1\n"
	"\t\tfi\n"
	"\tdone\n"
	"\taction=:\n"
	"\t[[ $cur == = ]] && cur= joined=1\n"
	"\tif [[ $expected ]]; then\n"
	"\t\t_kist_argument \"$command\" \"$expected\"\n"
	"\telif [[ $joined ]]; then\n"
	"\t\t_kist_words true false\n"
	"\telif [[ $cur == -* && ! $ended ]]; then\n"
	"\t\t_kist_options \"$command\"\n"
	"\telif [[ ! $command ]]; then\n"
	"\t\taction=\"_kist_words $_kist_commands\"\n"
	"\telse\n"
	"\t\t_kist_position \"$command\" \"$position\"\n"
	"\tfi\n"
	"\t$action\n"
	"}\n\n"
	"complete -F _kist kist\n";

static void print_bash(void)
{
	printf("# Completion for bash, written by kist completion bash.\n\n_kist_commands='");
	print_commands();
	printf("'\n_kist_signals='");
	print_signals();
	printf("'\n_kist_capabilities='");
	print_capabilities();
	printf("'\n\n"
	       "_kist_words()\n{\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$*\" -- \"$cur\")\n}\n\n"
	       "_kist_files()\n{\n"
	       "\tcompopt -o filenames 2>/dev/null\n"
	       "\tmapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n}\n\n"
	       "# What the shell makes of it\n_kist_expand()\n{\n"
	       "\tlocal word=${1//[\\\"\\'\\\\]/}\n"
	       "\tword=${word/#\\~\\//$HOME/}\n"
	       "\tprintf '%%s\\n' \"${word/#\\$HOME/$HOME}\"\n}\n\n"
	       "_kist_ids()\n{\n"
	       "\t_kist_words \"$(\"${COMP_WORDS[0]}\" \"${root[@]}\" list -q 2>/dev/null)\"\n}\n\n"
	       "# COMMAND: its options\n_kist_options()\n{\n\tcase $1 in\n");
	each_command(bash_options);
	printf("\tesac\n}\n\n"
	       "# COMMAND OPTION: its argument; false: it takes none\n"
	       "_kist_argument()\n{\n\tcase $1:$2 in\n");
	each_command(bash_arguments);
	printf("\t*) return 1 ;;\n\tesac\n}\n\n"
	       "# COMMAND NUMBER: a word that is no option\n"
	       "_kist_position()\n{\n\tcase $1:$2 in\n");
	each_position(bash_position);
	printf("\tesac\n}\n\n"
	       "# COMMAND NUMBER: before which word its options end\n"
	       "_kist_ends()\n{\n\tcase $1:$2 in\n");
	each_command(bash_end);
	printf("\t*) return 1 ;;\n\tesac\n}\n\n%s", bash_function);
}

/* Print a text inside '...' of zsh or fish. In the description of an option, brackets and colons
 * mean something to zsh. */
static void print_quoted(const char *text, int shell)
{
	for (; *text; text++) {
		if (*text == '\'')
			printf("'\\'");
		else if (shell == ZSH && strchr("[]:\\", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void zsh_form(const struct option *option, const char *dashes, const char *name)
{
	bool flag = option->kind == OPTION_FLAG;

	printf("\t\t'");
	if (option->letter)
		printf("(-%c --%s)", option->letter, option->name);
	printf("%s%s%s[", dashes, name, flag ? "" : dashes[1] ? "=" : "+");
	print_quoted(option->help, ZSH);
	putchar(']');
	if (!flag)
		printf(":%s:", option->argument);
	if (option->words.count) {
		putchar('(');
		print_words(&option->words, 0);
		putchar(')');
	} else if (!flag) {
		printf("%s", find_action(option->argument, ZSH));
	}
	printf("'\n");
}

static void zsh_options(const struct command *command)
{
	const struct options *options = &command->options;
	const char *name = command->name;

	printf("\t%s) specs=(\n", *name ? name : "''");
	for (size_t i = 0; i < options->count; i++) {
		const char letter[] = {options->at[i].letter, '\0'};

		if (*letter)
			zsh_form(&options->at[i], "-", letter);
		zsh_form(&options->at[i], "--", options->at[i].name);
	}
	printf("\t\t) ;;\n");
}

/* To zsh, (-) in front of an argument means that no options follow it. */
static void zsh_position(const struct command *command, int position, const char *argument)
{
	printf("\t[[ $1 == %s ]] && specs+=('%s%d:%s:%s')\n", command->name,
	       position == command->words ? "(-)" : "", position, argument,
	       find_action(argument, ZSH));
}

static void zsh_command(const char *name, const char *summary)
{
	printf("\t\t'%s:", name);
	print_quoted(summary, ZSH);
	printf("'\n");
}

static void print_zsh(void)
{
	printf("#compdef kist\n# Completion for zsh, written by kist completion zsh.\n\n"
	       "_kist_commands()\n{\n\tlocal -a all=(\n");
	for (size_t i = 0; i < command_count; i++)
		zsh_command(commands[i].name, commands[i].summary);
	printf("\t)\n\t_describe command all\n}\n\n"
	       "_kist_signals()\n{\n\tlocal -a all=(");
	print_signals();
	printf(")\n\tcompadd -a all\n}\n\n"
	       "_kist_capabilities()\n{\n\tlocal -a all=(");
	print_capabilities();
	printf(")\n\tcompadd -a all\n}\n\n"
	       "_kist_ids()\n{\n"
	       "\tlocal -a ids=(${(f)\"$($program ${root:+--root} $root list -q 2>/dev/null)\"})\n"
	       "\tcompadd -a ids\n}\n\n"
	       "# COMMAND: its options and words, in specs\n_kist_specs()\n{\n\tcase $1 in\n");
	each_command(zsh_options);
	printf("\tesac\n");
	each_position(zsh_position);
	printf("}\n\n"
	       "_kist()\n{\n"
	       "\tlocal context state state_descr line program=$words[1] root\n"
	       "\tlocal -a specs\n"
	       "\tlocal -A opt_args\n\n"
	       "\t_kist_specs ''\n"
	       "\t_arguments -C -s $specs '1:command:_kist_commands' '*::argument:->rest' && "
	       "return\n"
	       "\t[[ $state == rest ]] || return 1\n"
	       "\troot=${(Q)opt_args[--root]}\n"
	       "\troot=${${root/#\\~\\//$HOME/}/#\\$HOME/$HOME}\n"
	       "\tspecs=()\n"
	       "\t_kist_specs $line[1]\n"
	       "\t_arguments -s -S $specs\n"
	       "}\n\n"
	       "_kist \"$@\"\n");
}

static void fish_options(const struct command *command)
{
	const struct options *options = &command->options;
	const char *name = command->name;

	for (size_t i = 0; i < options->count; i++) {
		const struct option *option = &options->at[i];

		printf("complete -c kist -n '__kist_in \"%s\" %d' -l %s", name, command->words,
		       option->name);
		if (option->letter)
			printf(" -s %c", option->letter);
		if (option->words.count) {
			printf(" -x -a '");
			print_words(&option->words, 0);
			putchar('\'');
		} else if (option->kind != OPTION_FLAG) {
			printf(" %s", find_action(option->argument, FISH));
		}
		printf(" -d '");
		print_quoted(option->help, FISH);
		printf("'\n");
	}
}

static void fish_arguments(const struct command *command)
{
	const struct options *options = &command->options;
	const char *name = command->name;

	for (size_t i = 0; i < options->count; i++) {
		const struct option *option = &options->at[i];

		if (option->kind == OPTION_FLAG)
			continue;
		printf(" '%s:--%s' '%s:-%s'", name, option->name, name, option->name);
		if (option->letter)
			printf(" '%s:-%c'", name, option->letter);
	}
}

static void fish_position(const struct command *command, int position, const char *argument)
{
	printf("complete -c kist -n '__kist_at %s %d' %s\n", command->name, position,
	       find_action(argument, FISH));
}

static void print_fish(void)
{
	printf("# Completion for fish, written by kist completion fish.\n\n"
	       "set -g __kist_commands ");
	print_commands();
	printf("\nset -g __kist_signals ");
	print_signals();
	printf("\nset -g __kist_capabilities ");
	print_capabilities();
	printf("\n\n# COMMAND:OPTION that takes an argument\nset -g __kist_arguments");
	each_command(fish_arguments);
	printf("\n\n"
	       "# The command, \"\" before it is there, and the words after it that are no "
	       "options.\n"
	       "function __kist_words\n"
	       "    set -l words ''\n"
	       "    set -l expected\n"
	       "    for word in (commandline -opc)[2..]\n"
	       "        if test -n \"$expected\"\n"
	       "            set expected\n"
	       "        else if string match -q -- '-?*' $word\n"
	       "            contains -- \"$words[1]:$word\" $__kist_arguments; and set expected 1\n"
	       "        else if test -z \"$words[1]\"\n"
	       "            set words[1] $word\n"
	       "        else\n"
	       "            set -a words $word\n"
	       "        end\n"
	       "    end\n"
	       "    printf '%%s\\n' $words\n"
	       "end\n\n"
	       "# COMMAND NUMBER: is it there, and not yet so many words? 0: any number.\n"
	       "function __kist_in\n"
	       "    set -l words (__kist_words)\n"
	       "    test \"$words[1]\" = $argv[1] -a \\( $argv[2] = 0 -o (count $words) -le "
	       "$argv[2] \\)\n"
	       "end\n\n"
	       "function __kist_at\n"
	       "    set -l words (__kist_words)\n"
	       "    test \"$words[1]\" = $argv[1] -a (count $words) = $argv[2]\n"
	       "end\n\n"
	       "function __kist_ids\n"
	       "    set -l words (commandline -opc)\n"
	       "    set -l root (string replace -rf -- '^--?root=' '' $words)\n"
	       "    for i in (seq 2 (math (count $words) - 1))\n"
	       "        string match -qr -- '^--?root$' $words[$i]; and set root $words[(math $i + "
	       "1)]\n"
	       "    end\n"
	       "    set root (string replace -r -- '^(~|\\$HOME)(?=/)' $HOME $root)\n"
	       "    $words[1] (test -n \"$root\"; and printf '%%s\\n' --root $root) list -q "
	       "2>/dev/null\n"
	       "end\n\n"
	       "complete -c kist -f\n");
	for (size_t i = 0; i < command_count; i++) {
		printf("complete -c kist -n '__kist_in \"\" 0' -a %s -d '", commands[i].name);
		print_quoted(commands[i].summary, FISH);
		printf("'\n");
	}
	each_command(fish_options);
	each_position(fish_position);
}

static const struct word shells[] = {{"bash", BASH}, {"zsh", ZSH}, {"fish", FISH}};
static const struct words shell_words = WORDS("shell", shells);

int command_completion(const struct global *global, struct command_options *options, char **argv,
		       struct error *err)
{
	static void (*const printers[])(void) = {
		[BASH] = print_bash, [ZSH] = print_zsh, [FISH] = print_fish};
	uint64_t shell;

	(void)global;
	(void)options;
	if (!words_find(&shell_words, argv[0], &shell))
		return error_set(err, EINVAL, "unknown shell \"%s\" (bash, zsh or fish)", argv[0]);
	printers[shell]();
	return 0;
}
