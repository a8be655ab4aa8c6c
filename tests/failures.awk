# What failed in the log of a test project (`name`), and why: what the failure says, and where its innermost exception
# comes from. Who reads the end of a long output alone shall know it.
function tell() {
    if (test != "") print name ": " test ": " substr(said, 2, 400) (where == "" ? "" : " <-" where)
    test = said = where = ""
    inStack = 0
}
/ \[FAIL\]$/ {
    tell()
    test = $0
    sub(/ \[FAIL\]$/, "", test)
    sub(/^ +/, "", test)
    sub(/.*\.Tests?\./, "", test)
    next
}
/^ +Output:/ { tell() }
test != "" && /^ +(Stack Trace:|----- Inner Stack Trace)/ { where = ""; inStack = 1; frames = 3; next }
test == "" || !NF { next }
{ sub(/^ +/, "") }
!inStack { said = said " " $0 }
inStack && frames-- > 0 { where = where " " $0 }
END { tell() }
