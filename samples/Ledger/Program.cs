using Holdfast.Hosting;
using Holdfast.Ledger;

return await HoldfastProgram.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddHoldfastDefaults("ledger");
    builder.AddLedger();
    var app = builder.Build();
    app.MapHoldfastDefaults();
    app.MapLedger();
    return app;
});
