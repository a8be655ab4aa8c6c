using Holdfast.Accounts;
using Holdfast.Hosting;

return await HoldfastProgram.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddHoldfastDefaults("accounts");
    builder.AddHoldfastBus();
    builder.AddAccounts();
    var app = builder.Build();
    app.MapHoldfastDefaults();
    app.MapAccounts();
    return app;
});
