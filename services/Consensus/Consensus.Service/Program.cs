using Holdfast.Consensus.Service;
using Holdfast.Hosting;

if (Restore.IsMeant(args)) return Restore.Run(args, Console.Out, Console.Error);
return await HoldfastProgram.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddHoldfastDefaults("consensus");
    builder.AddHoldfastBus();
    builder.AddConsensus();
    builder.ReloadOnHangup();
    var app = builder.Build();
    app.MapHoldfastDefaults();
    app.MapConsensus();
    return app;
});
