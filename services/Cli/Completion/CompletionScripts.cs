namespace Holdfast.Cli.Completion;

/// <summary>
/// What a shell reads to complete a line: each script asks the tool itself what could follow, with
/// <c>holdfast "[suggest:position]" "line"</c>, so that it never falls behind.
/// </summary>
internal static class CompletionScripts
{
    public static readonly IReadOnlyList<string> Shells = ["bash", "zsh", "fish"];

    private const string Bash = """
        # bash completion for holdfast:  source <(holdfast completion bash)
        _holdfast() {
            local word="${COMP_WORDS[COMP_CWORD]}" line
            COMPREPLY=()
            while IFS= read -r line; do
                [[ $line == "$word"* ]] && COMPREPLY+=("$line")
            done < <("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
        }
        complete -o default -F _holdfast holdfast
        """;

    private const string Zsh = """
        #compdef holdfast
        # zsh completion for holdfast:  source <(holdfast completion zsh)
        _holdfast() {
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            compadd -a found
        }
        compdef _holdfast holdfast
        """;

    private const string Fish = """
        # fish completion for holdfast:  holdfast completion fish | source
        function __holdfast_complete
            set -l line (commandline --cut-at-cursor)
            holdfast "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete --command holdfast --arguments '(__holdfast_complete)'
        """;

    public static string Of(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        _ => Fish,
    };
}
