-- What was kept of promotions for a brake: first ms, last ms and grains of each part. Whoever may write to the meta may
-- have written it by hand, so what nobody could keep is left out; and no more is read than one window has.
local function kept_parts(text)
    local parts = {}
    for part in string.gmatch(text, '%S+') do
        local first, last, grains = string.match(part, '^(%d+)-(%d+):(%d+)$')
        if first and #first <= 14 and #last <= 14 and #grains <= 12 then parts[#parts + 1] = { first, last, grains } end
        if #parts == 33 then break end
    end
    return parts
end
